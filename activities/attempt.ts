import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { datadogFailures, unknownEntitlement } from '../domain/failures.ts';
import { isLeaving } from '../domain/ids.ts';
import { toApplicationFailure, type DatadogFailure } from '../datadog/failures.ts';
import type { AttemptOptions, Datadog, DatadogClient } from '../datadog/types.ts';

/** All HTTP of one attempt ends before the server gives up the attempt, so that a timed-out attempt cannot write later. */
const marginMs = 2_000;

/** Runs one attempt against Datadog with this activity's deadline and cancellation, and names its failures for Temporal. */
export async function withDatadog<T>(
  client: DatadogClient,
  use: (datadog: Datadog) => Promise<T>,
  options: Pick<AttemptOptions, 'priority' | 'requestDeadlineMs'> = {},
): Promise<T> {
  const { startToCloseTimeoutMs, workflowType } = activityInfo();
  try {
    return await use(
      client.attempt({
        signal: cancellationSignal(),
        deadlineMs: startToCloseTimeoutMs - marginMs,
        priority: isLeaving(workflowType ?? '') ? 'leaver' : 'process',
        ...options,
      }),
    );
  } catch (error) {
    throw toApplicationFailure(error);
  }
}

/** It is tried again within seconds, or may be lag, which tells more than to tell somebody. */
export const isSoonOver = ({ type, retryAfterMs = 0, isLag }: DatadogFailure): boolean =>
  isLag === true ||
  (activityInfo().attempt < worthTelling &&
    retryAfterMs <= soonMs &&
    type !== unknownEntitlement &&
    datadogFailures[type].retry === 'activity');

/** The attempt after which somebody is told: with the pauses between, and however long each takes, within a minute. */
const worthTelling = 3;
const soonMs = 5_000;
