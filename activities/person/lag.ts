import { activityInfo, heartbeat } from '@temporalio/activity';
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

/**
 * How long what Datadog has said yes to does not show, by the server's clock. The attempts of an activity pass the time of the first on:
 * what was down before, or refused, says nothing of lag.
 */
function unshownForMs(): number {
  const { heartbeatDetails, currentAttemptScheduledTimestampMs: now } = activityInfo();
  const { unshownSince = now } = (heartbeatDetails ?? {}) as { readonly unshownSince?: number };
  heartbeat({ unshownSince });
  return now - unshownSince;
}

/** Whether what does not show may have been written so lately that readings lag. */
export const mayLag = (): boolean => unshownForMs() < lagMs;

export const lagging = (message: string): DatadogFailure =>
  new DatadogFailure('UnexpectedResponse', message, { isLag: true });

/** Datadog has said yes, and nothing shows it: first that is lag, then it is tried again, and after ten minutes it has failed. */
export function notDone(message: string): DatadogFailure {
  const ms = unshownForMs();
  if (ms < lagMs) return lagging(`${message} yet`);
  if (ms < patienceMs) return new DatadogFailure('UnexpectedResponse', message);
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
