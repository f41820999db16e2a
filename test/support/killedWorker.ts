import type { KillStage } from './killStage.ts';

/** The worker's life as a story sees it. */
interface KilledWorker {
  /** The story is in its middle. Resolves once all stories are in theirs and the worker is dead. */
  killed(): Promise<void>;
  /** What happens while no worker lives has happened. Resolves once another one starts. */
  restarted(): Promise<void>;
}

export type Story = (stage: KillStage, worker: KilledWorker) => Promise<void>;

/** All stories side by side: the worker is killed once, when each is in its middle. Returns how each of them ended. */
export async function play(
  stage: KillStage,
  stories: Readonly<Record<string, Story>>,
): Promise<ReadonlyMap<string, PromiseSettledResult<void>>> {
  const killed = Promise.withResolvers<void>();
  const restarted = Promise.withResolvers<void>();
  const first = stage.startWorker();
  const told = Object.entries(stories).map(([title, story]) => {
    const [inMiddle, isReady] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const worker: KilledWorker = {
      killed: () => (inMiddle.resolve(), killed.promise),
      restarted: () => (isReady.resolve(), restarted.promise),
    };
    // A story that fails early keeps no other waiting.
    const end = story(stage, worker).finally(() => (inMiddle.resolve(), isReady.resolve()));
    end.catch(() => undefined);
    return { title, inMiddle: inMiddle.promise, isReady: isReady.promise, end };
  });
  await Promise.all(told.map(({ inMiddle }) => inMiddle));
  const { signal, err } = await first.end('SIGKILL');
  if (signal !== 'SIGKILL') throw new Error(`the worker ended by itself: ${err.slice(-2_000)}`);
  stage.gate.open();
  killed.resolve();
  await Promise.all(told.map(({ isReady }) => isReady));
  const second = stage.startWorker();
  restarted.resolve();
  const ends = await Promise.allSettled(told.map(({ end }) => end));
  if (ends.some(({ status }) => status === 'rejected')) process.stderr.write(`${second.said.err.slice(-4_000)}\n`);
  await second.end('SIGTERM');
  return new Map(told.map(({ title }, index) => [title, ends[index] as PromiseSettledResult<void>]));
}
