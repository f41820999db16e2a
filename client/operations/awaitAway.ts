import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../inventory/index.ts';
import { isTemporalAway } from './temporal.ts';

interface Waiting {
  /** Says in words what is waited for. */
  readonly say: (text: string) => void;
  /** Ends the waiting: what is thrown then is its reason. */
  readonly signal?: AbortSignal;
}

const firstMs = 1_000;
const longestMs = 15_000;

/**
 * What `work` comes to, as soon as Temporal and the database answer: a machine that starts brings everything up at once. What cannot mend
 * itself (a wrong password, a namespace that is not there) is thrown at once.
 */
export async function onceReachable<T>(work: () => Promise<T>, waiting: Waiting): Promise<T> {
  for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 2, longestMs)) {
    waiting.signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const what = isDatabaseAway(error) ? 'the database' : isTemporalAway(error) ? 'Temporal' : undefined;
      if (what === undefined) throw error;
      const why = error instanceof Error ? error.message : String(error);
      waiting.say(`${what} does not answer (${why}): asked again in ${waitMs / 1_000} s`);
      await delay(waitMs, undefined, { signal: waiting.signal });
    }
  }
}

/** Whether it is only what the signal ended. */
export const isStopped = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
