import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { accessSyncType, taskQueues, type AccessSyncInput, type SyncSummary } from '../domain/contracts.ts';
import { startChild, startWorker, type Child } from './children.ts';
import { median, spreadOf, type Figure } from './figures.ts';
import { cpuSeconds, pause, residentMiB } from './measure.ts';
import type { ReaderInput } from './minimalReader.ts';
import type { ReadOnlyOptions } from './readOnlyBodies.ts';
import type { ReadOnlyAddress, ReadOnlyCounts } from './readOnlyServer.ts';
import { startStage, type BenchOptions, type Stage } from './stage.ts';
import type { WorkerInput } from './workerInput.ts';

const pageSize = 1_000;

/** A first sync and one without changes, with all that they cost. */
interface Synced {
  readonly first: SyncSummary;
  readonly second: SyncSummary;
  readonly events: number;
  readonly cpuSeconds: number;
  readonly idleMiB: number;
  readonly peakMiB: number;
  readonly seconds: number;
  readonly counts: ReadOnlyCounts;
  readonly rowsOfSecond: number;
  readonly minimalCpuSeconds: number;
}

/** What a full sync of a large organization costs. */
export async function measureSync(options: BenchOptions): Promise<readonly Figure[]> {
  const { say, repetitions } = options;
  const figures: Figure[] = [];
  const large: Synced[] = [];
  const small: Synced[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    small.push(await syncOnce(options, { users: 10_000, roles: 10 }));
    large.push(await syncOnce(options, { users: 100_000, roles: 10 }));
    const { seconds, cpuSeconds: cpu, minimalCpuSeconds, idleMiB, peakMiB } = large.at(-1) as Synced;
    say(
      `100,000 users: ${seconds.toFixed(1)} s, worker CPU ${cpu.toFixed(1)} s, minimal reader ${minimalCpuSeconds.toFixed(1)} s, ` +
        `memory ${idleMiB.toFixed(0)} → ${peakMiB.toFixed(0)} MiB`,
    );
  }
  const overRepetitions = (name: string, target: number, read: (index: number) => number, unit = ''): void => {
    const values = large.map((_, index) => read(index));
    figures.push({ name, unit, target, value: median(values), spread: spreadOf(values) });
  };
  const of = (runs: readonly Synced[], index: number): Synced => runs[index] as Synced;
  overRepetitions('requests, 100,000 users', 1_050, (index) => of(large, index).first.requests);
  overRepetitions('events of the run, 100,000 users', 2_000, (index) => of(large, index).events);
  const cpuRatio = ({ cpuSeconds: cpu, minimalCpuSeconds }: Synced) => cpu / minimalCpuSeconds;
  const aboveIdle = ({ peakMiB, idleMiB }: Synced) => peakMiB - idleMiB;
  overRepetitions('worker CPU : minimal reader, 100,000 users', 6, (index) => cpuRatio(of(large, index)));
  overRepetitions('worker memory above idle, 100,000 users', 200, (index) => aboveIdle(of(large, index)), ' MiB');
  overRepetitions(
    'worker peak memory, 100,000 : 10,000 users',
    1.1,
    (index) => of(large, index).peakMiB / of(small, index).peakMiB,
  );
  overRepetitions('inventory rows written by a second sync', 0, (index) => of(large, index).rowsOfSecond);

  const dormant = await syncOnce(options, { users: 100_000, roles: 10, dormantOneIn: 1 });
  figures.push(
    { name: 'worker CPU : minimal reader, every user dormant', unit: '', value: cpuRatio(dormant), target: 6 },
    { name: 'worker memory above idle, every user dormant', unit: ' MiB', value: aboveIdle(dormant), target: 200 },
  );

  const late = await syncOnce(options, { users: 50_000, roles: 10, latencyMs: 50 });
  figures.push({ name: '50,000 users at 50 ms latency', unit: ' s', value: late.seconds, target: 8 });
  const limited = await syncOnce(options, { users: 50_000, roles: 10, perSecond: 20 });
  const refusedShare = (100 * limited.counts.refused) / limited.counts.requests;
  say(`20 requests a second, 50,000 users: complete ${limited.first.complete}, ${limited.seconds.toFixed(1)} s`);
  figures.push({ name: 'answered 429 at 20 requests a second', unit: ' %', value: refusedShare, target: 3 });

  const plain = await syncOnce(options, { users: 10_000, roles: 10 });
  const teams = await syncOnce(options, { users: 10_000, roles: 10, teams: 200, membersPerTeam: 50 });
  const robots = await syncOnce(options, { users: 10_000, roles: 10, serviceAccounts: 100 });
  const more = (other: Synced): number => other.first.requests - plain.first.requests;
  figures.push({ name: 'requests of 200 teams of 50', value: more(teams), target: 220 });
  figures.push({ name: 'requests of one service account', value: more(robots) / 100, target: 2 });
  return figures;
}

async function syncOnce({ findOptions, bundle }: BenchOptions, site: ReadOnlyOptions): Promise<Synced> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startChild<ReadOnlyAddress>('./readOnlyServer.ts', site));
  const stage = opened.use(await startStage(findOptions));
  const bundleFile = join(stage.home, 'bundle.js');
  if (!('code' in bundle)) throw new TypeError('the bundle is not in memory');
  await writeFile(bundleFile, bundle.code);
  const { engine, inventoryFile } = stage;
  const input: WorkerInput = {
    address: engine.address,
    simulator: server.ready,
    inventoryFile,
    bundleFile,
    maxCachedWorkflows: 100,
  };
  // Pages are made at the first reading: the minimal reader comes first, so that both are answered at once.
  const isUnhindered = site.perSecond === undefined && site.latencyMs === undefined;
  const minimalCpuSeconds = isUnhindered
    ? await readMinimally({ url: server.ready.url, pageSize, users: site.users })
    : Number.NaN;
  await countsOf(server.ready);
  const worker = opened.use(await startWorker(input));
  await pause(2_000);
  const idleMiB = await residentMiB(worker.pid);
  const cpuBefore = await cpuSeconds(worker.pid);
  const startedAt = Date.now();
  const watch = watchPeak(worker);
  const first = await syncNow(stage, 'first');
  const seconds = (Date.now() - startedAt) / 1_000;
  const cpu = (await cpuSeconds(worker.pid)) - cpuBefore;
  const peakMiB = await watch.stop();
  const counts = await countsOf(server.ready);
  const { events } = await stage.client.workflow.getHandle('bench-first').fetchHistory();
  const before = rowsIn(inventoryFile);
  const second = await syncNow(stage, 'second');
  const rowsOfSecond = [...rowsIn(inventoryFile)].filter((row) => !before.has(row)).length;
  return {
    first,
    second,
    events: events?.length ?? 0,
    cpuSeconds: cpu,
    idleMiB,
    peakMiB,
    seconds,
    counts,
    rowsOfSecond,
    minimalCpuSeconds,
  };
}

async function readMinimally(input: ReaderInput): Promise<number> {
  await using reader = await startChild<{ read: number; cpuSeconds: number }>('./minimalReader.ts', input);
  if (reader.ready.read !== input.users) throw new Error(`the minimal reader saw ${reader.ready.read} users`);
  return reader.ready.cpuSeconds;
}

async function syncNow({ client }: Stage, name: string): Promise<SyncSummary> {
  const input: AccessSyncInput = { depth: 'full' };
  const summary = await client.workflow.execute(accessSyncType, {
    workflowId: `bench-${name}`,
    taskQueue: taskQueues.muster,
    args: [input],
  });
  return summary as SyncSummary;
}

/** Tables in which a run keeps its own record. */
const ofTheRun = new Set(['sync_runs', 'sync_run_kinds', 'scans', 'scan_pages']);

/** Every row of the inventory but a run's own, as a hash. */
function rowsIn(file: string): ReadonlySet<string> {
  const database = new Database(file, { readonly: true });
  try {
    const tables = database.prepare<[], { name: string }>("select name from sqlite_master where type = 'table'").all();
    const rows = new Set<string>();
    for (const { name } of tables) {
      if (ofTheRun.has(name)) continue;
      for (const row of database.prepare(`select * from ${name}`).iterate()) {
        rows.add(createHash('sha1').update(name).update(JSON.stringify(row)).digest('base64'));
      }
    }
    return rows;
  } finally {
    database.close();
  }
}

function watchPeak(worker: Child<object>) {
  const stopped = new AbortController();
  const watching = (async () => {
    let peak = 0;
    while (!stopped.signal.aborted) {
      peak = Math.max(peak, await residentMiB(worker.pid));
      await pause(50);
    }
    return peak;
  })();
  return {
    stop(): Promise<number> {
      stopped.abort();
      return watching;
    },
  };
}

async function countsOf({ url }: ReadOnlyAddress): Promise<ReadOnlyCounts> {
  return (await (await fetch(`${url}/counts`)).json()) as ReadOnlyCounts;
}
