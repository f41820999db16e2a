import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { accessSyncType, taskQueues, type AccessSyncInput } from '../domain/contracts.ts';
import type { Figure } from './figures.ts';
import { pause, residentMiB, until } from './measure.ts';
import { joinerOf } from './people.ts';
import { startWorker, type Child } from './children.ts';
import { startStage, type BenchOptions, type Stage } from './stage.ts';
import type { WorkerInput } from './workerInput.ts';

const submittedAtOnce = 40;
const [fewer, more] = [1_000, 4_000];
const observedMs = 30_000;

/** A thousand people wait: what one light pass asks of Datadog, and what the waiting itself asks. */
export async function measureWaiting(options: BenchOptions): Promise<readonly Figure[]> {
  await using crowd = await startCrowd(options);
  await crowd.growTo(fewer);
  // Awaited here: the crowd lives until then.
  return await measureRequests(crowd, options);
}

/** The worker's memory must not grow with the people who wait, only with the runs that it caches. */
export async function measureMemory(options: BenchOptions): Promise<readonly Figure[]> {
  const { say } = options;
  await using crowd = await startCrowd(options);
  const resident: number[] = [];
  for (const size of [fewer, more]) {
    await crowd.growTo(size);
    resident.push(await quietMiB(crowd.worker.pid));
    say(`${size} people waiting: worker ${resident.at(-1)?.toFixed(0)} MiB`);
  }
  const [atFewer = Number.NaN, atMore = Number.NaN] = resident;
  return [{ name: `worker memory, ${more} waiting : ${fewer} waiting`, value: atMore / atFewer, target: 1.5 }];
}

interface Crowd extends AsyncDisposable {
  readonly stage: Stage;
  readonly worker: Child<object>;
  growTo(size: number): Promise<void>;
}

async function startCrowd({ findOptions, bundle, say }: BenchOptions): Promise<Crowd> {
  await using opened = new AsyncDisposableStack();
  const stage = opened.use(await startStage(findOptions));
  const bundleFile = join(stage.home, 'bundle.js');
  if (!('code' in bundle)) throw new TypeError('the bundle is not in memory');
  await writeFile(bundleFile, bundle.code);
  const { simulator, inventoryFile, inventory } = stage;
  const input: WorkerInput = {
    address: stage.engine.address,
    simulator,
    inventoryFile,
    bundleFile,
    maxCachedWorkflows: 100,
  };
  const worker = opened.use(await startWorker(input));
  let size = 0;
  const kept = opened.move();
  return {
    stage,
    worker,
    async growTo(wanted) {
      const startedAt = Date.now();
      const personIds = Array.from({ length: wanted - size }, (_, index) => `waiting-${size + index + 1}`);
      await pLimit(submittedAtOnce).map(personIds, (personId) => stage.muster.submitEvent(joinerOf(personId)));
      await until(
        `${wanted} people to wait`,
        async () => ((await inventory.listPending()).length >= wanted ? true : undefined),
        1_800_000,
      );
      size = wanted;
      await settled(simulator.url);
      say(`${wanted} people wait, after ${Math.round((Date.now() - startedAt) / 1_000)} s`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function measureRequests({ stage }: Crowd, { say }: BenchOptions): Promise<readonly Figure[]> {
  const { client, simulator } = stage;
  await resetRequests(simulator.url);
  await pause(observedMs);
  const own = await readRequests(simulator.url);
  const ofTheirOwn = Object.entries(own).reduce((total, [, count]) => total + count, 0);
  say(`Requests in ${observedMs / 1_000} s of waiting: ${JSON.stringify(own)}`);
  await resetRequests(simulator.url);
  const input: AccessSyncInput = { depth: 'light' };
  await client.workflow.execute(accessSyncType, {
    workflowId: 'bench-light',
    taskQueue: taskQueues.muster,
    args: [input],
  });
  const light = await readRequests(simulator.url);
  say(`Requests of one light pass: ${JSON.stringify(light)}`);
  const next = await nextAttempts(stage);
  say(`Their own fallback asks next in ${next.map((ms) => (ms / 60_000).toFixed(1)).join(' to ')} minutes`);
  return [
    {
      name: `requests of one light pass, ${fewer} waiting`,
      value: Object.values(light).reduce((a, b) => a + b, 0),
      target: 10,
    },
    { name: `requests of the waiting itself in ${observedMs / 1_000} s`, value: ofTheirOwn, target: 0 },
  ];
}

/** Milliseconds from the first attempt of the fallback to its next one, least and most of the first people. */
async function nextAttempts({ client }: Stage): Promise<readonly number[]> {
  const waits: number[] = [];
  for (let index = 1; index <= 20; index += 1) {
    const { raw } = await client.workflow.getHandle(`person/waiting-${index}`).describe();
    for (const { lastAttemptCompleteTime, nextAttemptScheduleTime } of raw.pendingActivities ?? []) {
      const [last, next] = [lastAttemptCompleteTime?.seconds, nextAttemptScheduleTime?.seconds];
      if (last && next) waits.push((Number(next) - Number(last)) * 1_000);
    }
  }
  return [Math.min(...waits), Math.max(...waits)];
}

/** Nothing was asked for three seconds: everybody has come to where they wait. */
async function settled(url: string): Promise<void> {
  for (let seen = -1; ;) {
    const requests = await readRequests(url);
    const count = Object.values(requests).reduce((a, b) => a + b, 0);
    if (count === seen) return;
    seen = count;
    await pause(3_000);
  }
}

/** The least of ten seconds, after ten in which the garbage collector had nothing new. */
async function quietMiB(pid: number): Promise<number> {
  await pause(10_000);
  const seen: number[] = [];
  for (let second = 0; second < 10; second += 1) {
    seen.push(await residentMiB(pid));
    await pause(1_000);
  }
  return Math.min(...seen);
}

async function readRequests(url: string): Promise<Record<string, number>> {
  const answer = await fetch(`${url}/control/requests`);
  const { byRoute } = (await answer.json()) as { byRoute: Record<string, number> };
  return byRoute;
}

async function resetRequests(url: string): Promise<void> {
  await fetch(`${url}/control/requests`, { method: 'DELETE' });
}
