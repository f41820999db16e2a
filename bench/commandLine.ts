import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, spreadOf, type Figure } from './figures.ts';
import { startStage, type BenchOptions } from './stage.ts';

const times = 9;
const main = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));
const run = promisify(execFile);

/** Seconds on a quiet machine of two slow cores, and how many times an empty process. */
const commands = [
  { name: '--help', args: ['--help'], seconds: 0.4, ratio: 8 },
  { name: 'person list', args: ['person', 'list'], seconds: 0.8, ratio: 16 },
  {
    name: 'joiner',
    args: ['joiner', '--person-id', 'b-1', '--email', 'b-1@example.com', '--event-id', 'b-1'],
    seconds: 1.5,
    ratio: 30,
  },
] as const;

/** From the start of a process to its end: what somebody at a terminal waits for, beside an empty process of Node. */
export async function measureCommandLine({ findOptions, say }: BenchOptions): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  const env = { MUSTER_HOME: stage.home, TEMPORAL_ADDRESS: stage.engine.address };
  const timed = async (args: readonly string[]): Promise<number> => {
    const startedAt = performance.now();
    await run(process.execPath, args, { env });
    return (performance.now() - startedAt) / 1_000;
  };
  const figures: Figure[] = [];
  for (const { name, args, seconds, ratio } of commands) {
    // The first one fills the compile cache.
    await timed([main, ...args]);
    const took: number[] = [];
    const ratios: number[] = [];
    // In turn, so that other work on the machine slows both.
    for (let time = 0; time < times; time += 1) {
      const empty = await timed(['-e', '0']);
      const command = await timed([main, ...args]);
      took.push(command);
      ratios.push(command / empty);
    }
    say(`muster ${name}: ${took.map((one) => one.toFixed(2)).join(' ')} s`);
    figures.push(
      { name: `muster ${name}`, value: median(took), unit: ' s', target: seconds, spread: spreadOf(took) },
      { name: `muster ${name} : node -e 0`, value: median(ratios), target: ratio, spread: spreadOf(ratios) },
    );
  }
  return figures;
}
