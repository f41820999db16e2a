import { ScimError } from './errors.ts';

/** Does work of one key after the other. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** So that a client that is answered late, since the engine is away, does not pile up requests without end. */
const maxWaiting = 100;

export function createTurns(): Turns {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>();
  return async (key, work) => {
    const queue = queues.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= maxWaiting) throw new ScimError(503, 'too many changes at once: send it again');
    queues.set(key, queue);
    queue.waiting += 1;
    const mine = queue.last.then(work, work);
    queue.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      queue.waiting -= 1;
      if (queue.waiting === 0) queues.delete(key);
    }
  };
}
