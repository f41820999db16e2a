import pLimit, { type LimitFunction } from 'p-limit';
import { ScimError } from './errors.ts';

/** Does the work for one key in sequence. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** So that requests do not pile up while the engine does not respond. */
const maxWaiting = 100;

export function createTurns(): Turns {
  const limits = new Map<string, LimitFunction>();
  return async (key, work) => {
    const limit = limits.get(key) ?? pLimit(1);
    limits.set(key, limit);
    if (limit.pendingCount >= maxWaiting) throw new ScimError(503, 'too many changes at once: send it again');
    return limit(work);
  };
}
