import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { toApplicationFailure } from '../datadog/failures.ts';
import type { AttemptOptions, Datadog, DatadogClient } from '../datadog/types.ts';

/** All HTTP of one attempt ends before the server gives up the attempt, so that a timed-out attempt cannot write later. */
const marginMs = 2_000;

/** Runs one attempt against Datadog with this activity's deadline and cancellation, and names its failures for Temporal. */
export async function withDatadog<T>(
  client: DatadogClient,
  use: (datadog: Datadog) => Promise<T>,
  options: Pick<AttemptOptions, 'priority' | 'requestDeadlineMs'> = {},
): Promise<T> {
  const { startToCloseTimeoutMs } = activityInfo();
  try {
    return await use(
      client.attempt({
        signal: cancellationSignal(),
        deadlineMs: startToCloseTimeoutMs - marginMs,
        ...options,
      }),
    );
  } catch (error) {
    throw toApplicationFailure(error);
  }
}
