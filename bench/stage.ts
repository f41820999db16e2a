import { dirname, join } from 'node:path';
import type { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import { openAttestor } from '../auth/attestation.ts';
import { openKeys } from '../auth/keys.ts';
import { openDatadog } from '../datadog/index.ts';
import type { DatadogClient } from '../datadog/types.ts';
import { createActivities, type Activities } from '../activities/index.ts';
import { openInventory } from '../test/support/inventory.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import { loadPolicy } from '../policy/file.ts';
import { createEngineWatch } from '../client/operations/engineWatch.ts';
import { createMuster, type Muster } from '../client/operations/muster.ts';
import { connectTemporal } from '../client/operations/temporal.ts';
import type { SimulatorOptions } from '../simulator/index.ts';
import { examplePolicyPath } from '../config/config.ts';
import { findEngine, type FindOptions } from '../workers/engine/find.ts';
import { startEngine } from '../workers/engine/start.ts';
import { personSignals } from '../workers/signals.ts';
import { startWorkers, type Workers } from '../workers/worker.ts';
import type { Policy } from '../domain/policy/rules.ts';
import { startChild } from './children.ts';
import { closedAtTheEnd, makeFolder } from './ending.ts';
import type { SimulatorAddress } from './workerInput.ts';

/** What every part gets from `main.ts`. */
export interface BenchOptions {
  readonly findOptions: FindOptions;
  readonly bundle: WorkflowBundle;
  readonly repetitions: number;
  readonly executions: number;
  /** How often the gateway is killed between accepting and replying. */
  readonly kills: number;
  readonly say: (text: string) => void;
}

/** An empty place to measure on: a dev server, a simulator, and an inventory in a file, without workers. */
export interface Stage extends AsyncDisposable {
  readonly home: string;
  readonly engine: { readonly address: string; readonly pid: number };
  readonly client: Client;
  readonly simulator: SimulatorAddress;
  readonly inventory: Inventory;
  readonly inventoryFile: string;
  readonly muster: Muster;
}

export async function startStage(findOptions: FindOptions, simulated: SimulatorOptions = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const { path: home } = opened.use(await makeFolder());
  const found = await findEngine(findOptions);
  const engine = opened.use(await closedAtTheEnd(() => startEngine({ engine: found, home })));
  const simulator = opened.use(await startChild<SimulatorAddress>('./simulator.ts', simulated));
  const inventoryFile = join(home, 'inventory.db');
  const inventory = opened.use(await openInventory({ file: inventoryFile }));
  const { client } = opened.use(
    await connectTemporal({ connection: { address: engine.address }, namespace: 'default' }),
  );
  const muster = createMuster({ client, inventory });
  const kept = opened.move();
  return {
    home,
    engine,
    client,
    simulator: simulator.ready,
    inventory,
    inventoryFile,
    muster,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface WorkerSideOptions {
  readonly address: string;
  readonly namespace?: string;
  readonly simulator: SimulatorAddress;
  readonly inventoryFile: string;
  readonly workflowBundle: WorkflowBundle;
  readonly overrides?: Partial<WorkerOptions>;
  readonly policy?: (example: Policy) => Policy;
  /** Stands between the activities and Datadog. */
  readonly wrapDatadog?: (datadog: DatadogClient, client: Client) => DatadogClient;
  readonly wrapActivities?: (activities: Activities, client: Client) => NonNullable<WorkerOptions['activities']>;
}

/** The workers with everything that they stand on, as `npm start` puts them together. */
export async function startWorkerSide(options: WorkerSideOptions): Promise<AsyncDisposable & Pick<Workers, 'stop'>> {
  const { address, namespace = 'default', simulator, inventoryFile, workflowBundle, overrides = {} } = options;
  await using opened = new AsyncDisposableStack();
  const { client } = opened.use(await connectTemporal({ connection: { address }, namespace }));
  const inventory = opened.use(await openInventory({ file: inventoryFile }));
  const { url: baseUrl, apiKey, appKey } = simulator;
  const datadog = opened.use(openDatadog({ baseUrl, keys: () => ({ apiKey, appKey }) }));
  const example = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const policy = options.policy?.(example) ?? example;
  const connection = await NativeConnection.connect({ address });
  opened.defer(() => connection.close());
  const signingKey = { file: join(dirname(inventoryFile), 'signing.key'), isGiven: false };
  const activities = createActivities({
    datadog: options.wrapDatadog?.(datadog, client) ?? datadog,
    inventory,
    policy: () => policy,
    notify: { send: () => undefined },
    importRosters: () => Promise.resolve([]),
    fetchRecord: () => Promise.reject(new Error('nothing is fetched here')),
    engine: createEngineWatch(client),
    signals: personSignals(client, createMuster({ client, inventory })),
    attestations: openAttestor(signingKey),
    keys: openKeys(signingKey),
  });
  const workers = await startWorkers({
    connection,
    namespace,
    workflowBundle,
    activities,
    overrides: {
      shutdownGraceTime: '1s',
      shutdownForceTime: '5s',
      ...overrides,
      ...(options.wrapActivities === undefined ? {} : { activities: options.wrapActivities(activities, client) }),
    },
  });
  const kept = opened.move();
  const stop = async (): Promise<void> => {
    try {
      await workers.stop();
    } finally {
      await kept.disposeAsync();
    }
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/** Has the simulator do what people do, such as `accept` an invitation. */
export async function controlSimulator(url: string, what: string, body: object): Promise<void> {
  const answer = await fetch(`${url}/control/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the simulator refuses ${what}: ${await answer.text()}`);
}

/** The SDK's own words would drown the figures. Once in a process. */
export function quietSdk(): DefaultLogger {
  const logger = new DefaultLogger('ERROR');
  // Ctrl-C and SIGTERM are the bench's own.
  Runtime.install({ logger, shutdownSignals: [] });
  return logger;
}
