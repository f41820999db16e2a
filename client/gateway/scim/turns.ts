import { maxWaiting } from './limits.ts';
import { ScimError } from './errors.ts';

/** Does the work for one resource in sequence, and that for others beside it. */
export type Turns = <T>(of: { readonly source: string; readonly id: string }, work: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, number>();
  const count = (source: string, more: 1 | -1) => {
    const now = (waiting.get(source) ?? 0) + more;
    if (now === 0) waiting.delete(source);
    else waiting.set(source, now);
  };
  return async ({ source, id }, work) => {
    if ((waiting.get(source) ?? 0) >= maxWaiting) {
      throw new ScimError(503, 'too many changes at once: send it again');
    }
    const key = JSON.stringify([source, id]);
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(key, mine);
    count(source, 1);
    try {
      return await mine;
    } finally {
      count(source, -1);
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
