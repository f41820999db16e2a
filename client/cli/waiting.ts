import { setMaxListeners } from 'node:events';
import { printMessage } from './output.ts';
import type { Shell } from './shell.ts';

/** Ctrl-C has ended a wait. The message says what goes on without it; the command ends with 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

interface Wait {
  /** Such as `the full sync to end`. */
  readonly what: string;
  /** Said where Ctrl-C ends the wait. */
  readonly goesOn: string;
}

/** Says what is waited for, and waits until Ctrl-C. `wait` must end soon after its signal. */
export async function waitUntilInterrupted<T>(
  shell: Shell,
  { what, goesOn }: Wait,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopping = new AbortController();
  // Each request of a client listens to it.
  setMaxListeners(0, stopping.signal);
  const listening = shell.onInterrupt(() => stopping.abort());
  // Once Ctrl-C ends only the wait.
  printMessage(shell, `Waiting for ${what}. Ctrl-C ends only the wait.`);
  try {
    return await wait(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    throw new InterruptedError(`Interrupted: ${goesOn}`);
  } finally {
    listening[Symbol.dispose]();
  }
}
