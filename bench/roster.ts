import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { examplePolicyPath } from '../config/config.ts';
import { openInventory } from '../test/support/inventory.ts';
import { makeFolder } from './ending.ts';
import { median, spreadOf, type Figure } from './figures.ts';
import { startStage, type BenchOptions } from './stage.ts';
import { ensureSearchAttributes } from '../workers/searchAttributes.ts';

const rows = 10_000;
const oddEvery = 100;
const times = 3;
const main = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));

interface Planned {
  readonly items: readonly unknown[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** One roster of many people with a few odd rows, planned and applied by the command line, beside one of a single row. */
export async function measureRoster({ findOptions, say }: BenchOptions): Promise<readonly Figure[]> {
  await using folder = await makeFolder();
  await (await openInventory({ file: join(folder.path, 'inventory.db') })).close();
  await writeFile(join(folder.path, 'one.csv'), fileOf(1));
  await writeFile(join(folder.path, 'people.csv'), fileOf(rows));
  const one = await plan(folder.path, 'one.csv');
  const took: number[] = [];
  const above: number[] = [];
  let unplanned = 0;
  for (let time = 0; time < times; time += 1) {
    const many = await plan(folder.path, 'people.csv');
    took.push(many.seconds);
    above.push(many.peakMiB - one.peakMiB);
    const withReason = many.planned.problems.filter(({ line, message }) => line > 1 && message !== '');
    unplanned = rows - many.planned.items.length - withReason.length;
    say(`${many.planned.items.length} rows planned, ${withReason.length} odd ones with line and reason`);
  }
  const applied = await apply(findOptions, say);
  return [
    { name: `roster plan of ${rows} rows`, value: median(took), unit: ' s', target: 3, spread: spreadOf(took) },
    { name: 'rows neither planned nor reported', value: unplanned, target: 0 },
    {
      name: 'memory above a roster of one row',
      value: median(above),
      unit: ' MiB',
      target: 150,
      spread: spreadOf(above),
    },
    ...applied,
  ];
}

/** No worker runs: what is told to Temporal waits. A source's events of a minute are bounded, so the second part of the file waits. */
async function apply(findOptions: BenchOptions['findOptions'], say: BenchOptions['say']): Promise<readonly Figure[]> {
  await using stage = await startStage(findOptions);
  await ensureSearchAttributes(stage.client);
  await writeFile(join(stage.home, 'one.csv'), fileOf(1));
  await writeFile(join(stage.home, 'people.csv'), fileOf(rows));
  const told = { TEMPORAL_ADDRESS: stage.engine.address };
  const one = await run(stage.home, ['apply', 'one.csv', '--yes', '--json'], told);
  const { seconds, peakMiB } = await run(stage.home, ['apply', 'people.csv', '--yes', '--json'], told);
  const refused = await stage.inventory.listRefusals({ limit: rows, offset: 0 });
  const { length: people } = await stage.inventory.listPeople({ limit: rows, offset: 0 });
  say(`applied in ${Math.round(seconds)} s: ${people} people, ${refused.length} refusals on record`);
  return [
    { name: 'rows neither applied nor refused on record', value: rows - people - refused.length, target: 0 },
    { name: 'memory of apply above a roster of one row', value: peakMiB - one.peakMiB, unit: ' MiB', target: 150 },
  ];
}

async function plan(home: string, file: string) {
  const { out, ...rest } = await run(home, ['plan', file, '--json'], {});
  return { ...rest, planned: JSON.parse(out) as Planned };
}

async function run(home: string, args: readonly string[], further: Readonly<Record<string, string>>) {
  const startedAt = performance.now();
  const env = { MUSTER_HOME: home, MUSTER_POLICY: examplePolicyPath, MUSTER_DATADOG_URL: 'http://127.0.0.1:9' };
  const child = spawn(process.execPath, [main, 'roster', ...args], {
    cwd: home,
    env: { ...env, DD_API_KEY: 'k', DD_APP_KEY: 'k', ...further },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peakMiB = 0;
  const sampling = setInterval(() => {
    void peakOf(child.pid ?? 0).then((now) => (peakMiB = Math.max(peakMiB, now)));
  }, 20);
  const [out] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  clearInterval(sampling);
  return { out, peakMiB, seconds: (performance.now() - startedAt) / 1_000 };
}

/** The most resident memory that the process has had; 0 once it is gone. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

function fileOf(count: number): string {
  const lines = Array.from({ length: count }, (_, index) =>
    index % oddEvery === oddEvery - 1
      ? `b-${index},b-${index}@example.com,Sales,2026-02-30,"open,Active`
      : `b-${index},b-${index}@example.com,Engineering,2026-01-31,Europe/Berlin,Active`,
  );
  return ['id,email,department,start date,time zone,status', ...lines, ''].join('\n');
}
