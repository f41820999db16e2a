import type { Client } from '@temporalio/client';
import { alivePollers, kindsOfWork, type KindOfWork, type Pollers } from '../../domain/workers.ts';
import { accessSyncScheduleId, searchAttributes, taskQueues } from '../../domain/contracts.ts';
import { aliveSince } from '../../domain/instances.ts';
import { attemptCheck, type Check } from './checks.ts';
import { explainFailure } from './failures.ts';
import { connect, exists, openPlace } from './open.ts';
import type { Config } from '../../config/types.ts';

const startAdvice = 'run `npm start` in another terminal, or set TEMPORAL_ADDRESS to a running cluster';
/** Temporal's TASK_QUEUE_TYPE_WORKFLOW. */
const workflowQueueType = 1;
/** Temporal's INDEXED_VALUE_TYPE_KEYWORD. */
const indexedKeyword = 2;

/** The engine, its namespace and search attributes, the workers that poll, and the sync's schedule. */
export async function checkEngine(config: Config): Promise<readonly Check[]> {
  if (config.temporal.connection === undefined) {
    const detail = `none is known: nothing runs in ${config.home}, and TEMPORAL_ADDRESS is not set`;
    return [{ name: 'engine', status: 'missing', detail, fix: startAdvice }];
  }
  let connected: Awaited<ReturnType<typeof connect>>;
  try {
    connected = await connect(config);
  } catch (error) {
    return [{ name: 'engine', status: 'missing', detail: explainFailure(error), fix: startAdvice }];
  }
  const { client } = connected;
  const { namespace } = config.temporal;
  const reporting = await countReporting(config);
  try {
    return await client.withDeadline(Date.now() + 10_000, async () => {
      const engine = await checkNamespace(client, namespace, config.temporal.connection?.address ?? '');
      if (engine.status !== 'ok') return [engine];
      return [
        engine,
        await checkSearchAttributes(client, namespace),
        ...(await Promise.all(kindsOfWork.map((work) => checkPollers(client, work, reporting)))),
        await checkBuild(client, namespace),
        await checkSchedule(client),
      ];
    });
  } finally {
    await connected.close();
  }
}

function checkNamespace(client: Client, namespace: string, address: string): Promise<Check> {
  return attemptCheck('engine', `create the namespace ${namespace}, or set TEMPORAL_NAMESPACE`, async () => {
    await client.workflowService.describeNamespace({ namespace });
    return `Temporal at ${address}, namespace ${namespace}`;
  });
}

async function checkSearchAttributes(client: Client, namespace: string): Promise<Check> {
  const wanted = Object.values(searchAttributes).map(({ name }) => name);
  const commands = wanted.map(
    (name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  );
  return attemptCheck('search attributes', `run: ${commands.join('; ')}`, async () => {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    const missing = wanted.filter((name) => Number(customAttributes?.[name]) !== indexedKeyword);
    if (missing.length > 0) throw new Error(`the namespace has no keyword ${missing.join(' and ')}`);
    return wanted.join(', ');
  });
}

/** How many workers have reported to the record lately; undefined where it cannot be read, which another line says. */
async function countReporting(config: Config): Promise<number | undefined> {
  const { inventory: place } = config;
  if ('file' in place && !(await exists(place.file))) return undefined;
  await using inventory = await openPlace(config).catch(() => undefined);
  const instances = await inventory?.listInstances(aliveSince(Date.now())).catch(() => undefined);
  return instances?.filter(({ kind }) => kind === 'worker').length;
}

function checkPollers(client: Client, work: KindOfWork, reporting: number | undefined): Promise<Check> {
  const { name, queue, what } = work;
  return attemptCheck(name, 'start a worker: `npm start`, or the worker of your deployment', async () => {
    const { readPollers } = await import('../operations/pollers.ts');
    return judgePollers(await readPollers(client, work), `the task queue ${queue} for ${what}`, Date.now(), reporting);
  });
}

/** In words; throws where no worker is alive. Temporal lists one that has ended a while longer than the record does. */
export function judgePollers(pollers: Pollers, queue: string, nowMs: number, reporting = Infinity): string {
  const alive = alivePollers(pollers, nowMs);
  const [last] = pollers.askedAt.toSorted().toReversed();
  if (last === undefined) throw new Error(`no worker polls ${queue}`);
  if (alive === 0) throw new Error(`no worker polls ${queue}: the last one did at ${last}`);
  if (reporting === 0)
    throw new Error(
      `no worker polls ${queue} any more: the last one did at ${last}, and none reports to this inventory`,
    );
  return `${Math.min(alive, reporting)} polling ${queue}`;
}

/** Which build gets the work, and whether a worker of it is there. */
function checkBuild(client: Client, namespace: string): Promise<Check> {
  const fix = 'start a worker of that build again, or `npx muster upgrade promote` from the one that runs';
  return attemptCheck('build', fix, async () => {
    const { describeDeployment } = await import('../operations/deployment.ts');
    const current = (await describeDeployment(client))?.current;
    if (current === undefined) return 'none is current: every worker takes every task';
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueues.muster },
      taskQueueType: workflowQueueType,
    });
    const polling = new Set((pollers ?? []).map(({ deploymentOptions }) => deploymentOptions?.buildId ?? 'unknown'));
    const others = [...polling].filter((build) => build !== current);
    const beside = others.length === 0 ? '' : `; workers of ${others.join(', ')} run too`;
    if (!polling.has(current)) throw new Error(`${current} is current, and no worker of it polls${beside}`);
    return `${current} is current${beside}`;
  });
}

async function checkSchedule(client: Client): Promise<Check> {
  const { describeSync } = await import('../operations/schedule.ts');
  const check = await attemptCheck('schedule', 'create it: `npx muster schedule apply`', async () => {
    const schedule = await describeSync(client);
    if (schedule === undefined)
      throw new Error(`there is no schedule ${accessSyncScheduleId}: nothing syncs by itself`);
    if (schedule.isPaused) return 'paused; `npx muster sync resume` lets it run again';
    return schedule.nextAt === undefined ? 'present' : `next at ${schedule.nextAt}`;
  });
  return { ...check, optional: true };
}
