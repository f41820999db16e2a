import { CancellationScope, condition } from '@temporalio/workflow';
import { wasCancelled } from './cancellation.ts';

/** The latest end of a wait. */
interface Deadline {
  /** In milliseconds; infinite for a wait without an end, which takes no timer. */
  readonly at: number;
  /** What the Temporal UI says of the timer. */
  readonly summary: string;
}

/** Waits for something to hold, at the latest until the deadline; returns whether it holds. A cancellation throws. */
export async function waitFor(holds: () => boolean, { at, summary }: Deadline = never): Promise<boolean> {
  if (Number.isFinite(at)) return condition(holds, Math.max(1, at - Date.now()), { summary });
  await condition(holds);
  return true;
}

const never: Deadline = { at: Number.POSITIVE_INFINITY, summary: '' };

/**
 * Runs something beside the main thread. Once the main thread has ended, whichever way, it is cancelled and awaited. Its
 * failure is the main thread's, which is cancelled then; `endMain` cancels the main thread too, and is no failure.
 */
export async function alongside<T>(
  beside: (endMain: () => void) => Promise<unknown>,
  main: () => Promise<T>,
): Promise<T> {
  const [besideScope, mainScope] = [new CancellationScope(), new CancellationScope()];
  const endMain = () => mainScope.cancel();
  const running = besideScope
    .run(() => beside(endMain))
    .catch((error: unknown) => {
      if (wasCancelled(error)) return;
      endMain();
      throw error;
    });
  // Awaited below, after the main thread: until then a failure is not unhandled.
  running.catch(() => undefined);
  try {
    return await mainScope.run(main);
  } finally {
    besideScope.cancel();
    await running;
  }
}

/**
 * Runs all of them at once. The first failure cancels the others, and is thrown when they have ended: no write is in flight
 * then, which a leaver must know before it takes access away.
 */
export async function together<T>(tasks: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const scope = new CancellationScope();
  const running = tasks.map((task) => scope.run(task));
  try {
    return await Promise.all(running);
  } catch (error) {
    scope.cancel();
    await Promise.allSettled(running);
    throw error;
  }
}
