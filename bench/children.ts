import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { WorkerInput } from './workerInput.ts';

export interface Child<Ready> extends AsyncDisposable {
  readonly pid: number;
  readonly ready: Ready;
  stop(): Promise<void>;
}

/** Starts a module of this folder as a process, sends it `input`, and waits for the message that says it is ready. */
export async function startChild<Ready>(
  module: string,
  input: object,
  nodeOptions: readonly string[] = [],
): Promise<Child<Ready>> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  child.send(input);
  const first = await Promise.race([
    once(child, 'message').then(([message]) => ({ message: message as Ready })),
    exited.then(() => undefined),
  ]);
  if (first === undefined || child.pid === undefined) throw new Error(`${module} ended before it was ready`);
  const stop = async (): Promise<void> => {
    // Losing its parent is a child's sign to end, so none is left over however this process ends.
    if (child.connected) child.disconnect();
    await exited;
  };
  return { pid: child.pid, ready: first.message, stop, [Symbol.asyncDispose]: stop };
}

/** The worker as `npm run worker` starts it. */
export async function startWorker(input: WorkerInput): Promise<Child<object>> {
  const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    scripts: { worker: string };
  };
  return startChild<object>(
    './worker.ts',
    input,
    scripts.worker.split(' ').filter((word) => word.startsWith('--')),
  );
}

/** The child's side: takes its input, runs until the parent is gone. `start` returns what to say, and how to stop. */
export async function runChild(
  start: (input: never) => Promise<{ readonly ready: object; stop(): Promise<void> }>,
): Promise<void> {
  const [input] = (await once(process, 'message')) as [never];
  const ended = once(process, 'disconnect');
  const started = await start(input);
  process.send?.(started.ready);
  await ended;
  await started.stop();
}
