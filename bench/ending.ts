import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What would outlive this process: an engine, a folder, a gateway. A part closes its own; this is for Ctrl-C and SIGTERM. */
const open: Promise<AsyncDisposable>[] = [];
let isEnding = false;

/** Has what `start` opens closed when this process is told to end. Throws where it is ending already. */
export function closedAtTheEnd<T extends AsyncDisposable>(start: () => Promise<T>): Promise<T> {
  if (isEnding) throw new Error('the benchmark is ending');
  const starting = start();
  open.push(starting);
  return starting;
}

/** A folder of its own for a part, which is removed with everything in it. */
export const makeFolder = (): Promise<{ readonly path: string } & AsyncDisposable> =>
  closedAtTheEnd(async () => {
    const path = await mkdtemp(join(tmpdir(), 'muster-bench-'));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
  });

/** Ends this process on Ctrl-C or SIGTERM; a second signal ends it at once. */
export function endOnSignal(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => void closeAll().finally(() => process.exit(code)));
  }
}

/** The latest first, also what is still starting. What a part has closed itself closes once more, which changes nothing. */
async function closeAll(): Promise<void> {
  isEnding = true;
  for (const starting of open.toReversed()) {
    await starting.then((one) => one[Symbol.asyncDispose]()).catch(() => undefined);
  }
}
