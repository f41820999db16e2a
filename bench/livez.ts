import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface Asked {
  readonly url: string;
  readonly everyMs: number;
}

/** Asks again and again, in a thread of its own: what the benchmark does meanwhile delays no answer. */
export function askSteadily(asked: Asked) {
  const worker = new Worker(new URL(import.meta.url), { workerData: asked });
  return {
    /** The milliseconds of each answer. */
    async end(): Promise<readonly number[]> {
      const told = once(worker, 'message');
      worker.postMessage('end');
      const [took] = (await told) as [readonly number[]];
      return took;
    },
  };
}

if (!isMainThread && parentPort !== null) {
  const { url, everyMs } = workerData as Asked;
  const over = new AbortController();
  parentPort.once('message', () => over.abort());
  const took: number[] = [];
  for (; !over.signal.aborted; await delay(everyMs)) {
    const startedAt = performance.now();
    await (await fetch(url)).text();
    took.push(performance.now() - startedAt);
  }
  parentPort.postMessage(took);
}
