import { Worker, type NativeConnection, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import type { Activities } from '../activities/index.ts';
import { buildId } from '../config/version.ts';
import { deploymentName, taskQueues } from '../domain/ids.ts';

interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly activities: Activities;
  readonly workflowBundle: WorkflowBundle;
  /** People's runs go on with the build that is current; without it every worker takes every task. */
  readonly isVersioned?: boolean;
  /** For tests and benchmarks. */
  readonly overrides?: Partial<WorkerOptions>;
}

export interface Workers {
  /** Resolves once all have drained and stopped; rejects where one of them died. */
  readonly ended: Promise<void>;
  /** Drains: what runs may end, what waits is left to others. */
  stop(): Promise<void>;
}

/** How many calls are made at once. */
const activityPlaces = [
  [taskQueues.datadog, 50],
  [taskQueues.leavers, 20],
] as const;

/** A worker that was created holds its connection until it has run. */
async function letGo(worker: Worker): Promise<void> {
  const run = worker.run();
  worker.shutdown();
  await run.catch(() => undefined);
}

/**
 * Starts the workers: `muster` runs the processes and keeps the records, `datadog` makes the calls, those of leavers apart:
 * they wait for no call that waits for Datadog. One process serves both, since the limit on requests is kept in it.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { connection, namespace, activities, workflowBundle, overrides, isVersioned = false } = options;
  const version = { deploymentName, buildId: buildId() };
  const common = {
    connection,
    namespace,
    activities,
    // Each task of a history names the build: the SDK's own name for it is 90 characters long.
    workerDeploymentOptions: isVersioned
      ? { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' }
      : { version, useWorkerVersioning: false },
    // Above the longest single call, so that a write in flight is never cut off.
    shutdownGraceTime: '16 seconds',
    shutdownForceTime: '25 seconds',
    ...overrides,
  } satisfies Partial<WorkerOptions>;
  const all: Worker[] = [];
  try {
    all.push(await Worker.create({ ...common, workflowBundle, taskQueue: taskQueues.muster }));
    for (const [taskQueue, maxConcurrentActivityTaskExecutions] of activityPlaces) {
      all.push(await Worker.create({ ...common, taskQueue, maxConcurrentActivityTaskExecutions }));
    }
  } catch (error) {
    await Promise.all(all.map(letGo));
    throw error;
  }
  const stopAll = (): void => {
    for (const worker of all) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that dies takes the other with it: half of a Muster would look alive.
  const ended = Promise.all(all.map((worker) => worker.run().finally(stopAll))).then(() => undefined);
  // A later await still sees the failure.
  ended.catch(() => undefined);
  return {
    ended,
    stop: async () => {
      stopAll();
      await ended;
    },
  };
}
