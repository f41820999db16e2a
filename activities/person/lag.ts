import { activityInfo } from '@temporalio/activity';
import { minuteMs } from '../../domain/durations.ts';
import { DatadogFailure } from '../../datadog/failures.ts';
import { lagMs } from '../../inventory/port/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { attemptedAt } from './word.ts';

/**
 * Datadog's readings lag behind its writes for a while. What Muster wrote a moment ago and does not see is lag for a minute, and is
 * read again; after that it is so.
 */

/** How long Datadog is asked again for what it says yes to and does not do. */
const patienceMs = 10 * minuteMs;

/** How long this activity has been tried, by the server's clock. */
function triedForMs(): number {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
  return currentAttemptScheduledTimestampMs - scheduledTimestampMs;
}

/** Whether this activity wrote so lately that its readings may lag. */
export const mayLag = (): boolean => triedForMs() < lagMs;

export const lagging = (message: string): DatadogFailure =>
  new DatadogFailure('UnexpectedResponse', message, { isLag: true });

/** Datadog has said yes, and nothing shows it: first that is lag, then it is tried again, and after ten minutes it has failed. */
export function notDone(message: string): DatadogFailure {
  if (mayLag()) return lagging(`${message} yet`);
  if (triedForMs() < patienceMs) return new DatadogFailure('UnexpectedResponse', message);
  const words = `${message}, ten minutes after Datadog said yes to it`;
  return new DatadogFailure('UnexpectedResponse', words, { isExhausted: true });
}

/** Whether Muster created this account for this person so lately that Datadog may not show it yet. */
export const isJustCreated = (
  inventory: Pick<Inventory, 'hasCreated'>,
  whose: { readonly personId: string; readonly accountId: string },
): Promise<boolean> =>
  inventory.hasCreated({ ...whose, since: new Date(Date.parse(attemptedAt()) - lagMs).toISOString() });

export const notShown = (accountId: string): DatadogFailure =>
  lagging(`account ${accountId} was created a moment ago, and does not show yet`);
