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
import type { BenchOptions } from './stage.ts';

const rows = 10_000;
const oddEvery = 100;
const times = 3;
const main = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));

interface Planned {
  readonly items: readonly unknown[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** One roster of many people with a few odd rows, planned by the command line, beside one of a single row. */
export async function measureRoster({ say }: BenchOptions): Promise<readonly Figure[]> {
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
  ];
}

async function plan(home: string, file: string) {
  const startedAt = performance.now();
  const env = { MUSTER_HOME: home, MUSTER_POLICY: examplePolicyPath, MUSTER_DATADOG_URL: 'http://127.0.0.1:9' };
  const child = spawn(process.execPath, [main, 'roster', 'plan', file, '--json'], {
    cwd: home,
    env: { ...env, DD_API_KEY: 'k', DD_APP_KEY: 'k' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peakMiB = 0;
  const sampling = setInterval(() => {
    void peakOf(child.pid ?? 0).then((now) => (peakMiB = Math.max(peakMiB, now)));
  }, 20);
  const [out] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  clearInterval(sampling);
  const planned: Planned = JSON.parse(out);
  return { planned, peakMiB, seconds: (performance.now() - startedAt) / 1_000 };
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
