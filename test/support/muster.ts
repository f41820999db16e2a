import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import {
  DefaultLogger,
  type NativeConnection,
  type WorkerInterceptors,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import { openAttestor } from '../../auth/attestation.ts';
import { openDatadog } from '../../datadog/index.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import { createActivities } from '../../activities/index.ts';
import { type InventoryLocation } from '../../inventory/index.ts';
import { openInventory } from './inventory.ts';
import { keysIn } from './operators.ts';
import type { Notice } from '../../activities/notify/index.ts';
import { loadPolicy } from '../../policy/file.ts';
import { createFetchRecord } from '../../client/intake/fetchBack/record.ts';
import { readSecretsIn } from '../../client/intake/webhooks/secrets.ts';
import { createEngineWatch } from '../../client/operations/engineWatch.ts';
import { createMuster } from '../../client/operations/muster.ts';
import { importFolder } from '../../client/intake/roster/folder.ts';
import { startSimulator, type SimulatorOptions } from '../../simulator/index.ts';
import { bundleWorkflows } from '../../client/operations/bundle.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { personSignals } from '../../workers/signals.ts';
import { startWorkers } from '../../workers/worker.ts';
import { bundleWorkflows as sharedBundle } from './shared/bundle.ts';
import { isShared } from './shared/client.ts';
import type { Employment, HrEvent, PersonAttributes, Phase } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';

let bundle: Promise<WorkflowBundle> | undefined;

/** The workflows, bundled once in a run of Jest; outside of one as the product bundles them. */
export function workflowBundle(): Promise<WorkflowBundle> {
  bundle ??= isShared() ? sharedBundle() : bundleWorkflows(new DefaultLogger('ERROR'));
  return bundle;
}

export interface TestMusterOptions {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly simulator?: SimulatorOptions;
  readonly policy?: (example: Policy) => Policy;
  /** Where its inventory is; without it SQLite in a file of its own. */
  readonly inventory?: InventoryLocation;
  readonly worker?: Partial<WorkerOptions>;
  readonly bundle?: WorkflowBundle;
  /** Called before each activity: the time-skipping server's clock becomes the simulator's. */
  readonly currentTimeMs?: () => Promise<number>;
  /** Stands between the activities and Datadog. */
  readonly wrapDatadog?: (datadog: DatadogClient) => DatadogClient;
}

export type TestMuster = Awaited<ReturnType<typeof startTestMuster>>;

/** A whole Muster on a test's engine: real workers, a real inventory in a file, the simulator over HTTP. */
export async function startTestMuster(options: TestMusterOptions) {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-test-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const clock = { ms: await options.currentTimeMs?.() };
  const simulator = opened.use(await startSimulator({ ...options.simulator, now: () => clock.ms ?? Date.now() }));
  const inventory = opened.use(await openInventory(options.inventory ?? { file: join(home, 'inventory.db') }));
  const example = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const policy = options.policy?.(example) ?? example;
  const { apiKey, appKey } = simulator;
  const datadog = opened.use(openDatadog({ baseUrl: simulator.url, keys: () => ({ apiKey, appKey }) }));
  const attestor = openAttestor({ file: join(home, 'signing.key'), isGiven: false });
  const muster = createMuster({
    client: options.client,
    inventory,
    attestor,
    ...(options.currentTimeMs && { now: inAgesToCome }),
  });
  const notices: Notice[] = [];
  const workers = await startWorkers({
    connection: options.connection,
    namespace: options.client.options.namespace,
    workflowBundle: options.bundle ?? (await workflowBundle()),
    activities: createActivities({
      datadog: options.wrapDatadog?.(datadog) ?? datadog,
      inventory,
      policy: () => policy,
      notify: { send: (notice) => void notices.push(notice) },
      signals: personSignals(options.client, muster),
      engine: createEngineWatch(options.client),
      importRosters: (onProgress) => importFolder({ muster, inventory, policy, onProgress }),
      fetchRecord: createFetchRecord({ inventory, policy: () => policy, secrets: readSecretsIn(home) }),
      attestations: attestor,
      keys: keysIn(home),
    }),
    overrides: {
      stickyQueueScheduleToStartTimeout: '2s',
      shutdownGraceTime: '1s',
      shutdownForceTime: '5s',
      ...(options.currentTimeMs === undefined ? {} : { interceptors: followTime(clock, options.currentTimeMs) }),
      ...options.worker,
    },
  });
  opened.defer(() => workers.stop());
  const kept = opened.move();
  return {
    muster,
    attestor,
    inventory,
    simulator,
    notices,
    home,
    policy,
    clock,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function followTime(clock: { ms: number | undefined }, currentTimeMs: () => Promise<number>): WorkerInterceptors {
  return {
    activity: [
      () => ({
        inbound: {
          async execute(input, next) {
            clock.ms = await currentTimeMs();
            return next(input);
          },
        },
      }),
    ],
  };
}

/** An event of HR about one person; `at` is both when it was recorded and when it takes effect. */
export function hrEvent(
  kind: HrEvent['kind'],
  personId: string,
  {
    at = new Date(),
    person,
    ...rest
  }: { at?: Date; person?: Partial<PersonAttributes> } & Partial<Omit<HrEvent, 'person'>> = {},
): HrEvent {
  const instant = at.toISOString();
  const isWithPerson = kind === 'joiner' || kind === 'mover' || person !== undefined;
  return {
    eventId: `${personId}:${kind}:${instant}`,
    kind,
    personId,
    occurredAt: instant,
    effectiveAt: instant,
    source: 'cli',
    ...(isWithPerson ? { person: { email: `${personId}@example.com`, name: 'Sam Example', ...person } } : {}),
    ...rest,
  };
}

/** Waits for a condition, without sleeping longer than it takes. Throws after `withinMs`. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 45_000,
  everyMs = 50,
): Promise<T> {
  let last: unknown;
  for (const until = Date.now() + withinMs; Date.now() < until;) {
    try {
      const value = await read();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`Waited ${withinMs} ms in vain for ${what}; last: ${String(last)}`);
}

/** The person's process as it stands, once it is in the phase. */
export async function inPhase({ muster }: Pick<TestMuster, 'muster'>, personId: string, phase: Phase) {
  return eventually(`${personId} to be in phase ${phase}`, async () => {
    const status = await muster.status(personId);
    return status?.phase === phase ? status : undefined;
  });
}

/** The server's clock may be years ahead of this machine's. */
const inAgesToCome = (): Date => new Date('9999-01-01T00:00:00.000Z');

/** Somebody whom HR has told of, whose process has ended. */
export async function knowPerson(
  { inventory }: Pick<TestMuster, 'inventory'>,
  personId: string,
  email: string,
  employment: Employment = 'employed',
): Promise<void> {
  await inventory.inTransaction((trx) =>
    trx.adoptPerson({ personId, employment, attributes: { email }, at: new Date().toISOString() }),
  );
}

/** How the event ended. */
export async function outcomeOf({ inventory }: Pick<TestMuster, 'inventory'>, { eventId }: HrEvent) {
  return eventually(`the outcome of ${eventId}`, async () => (await inventory.findEvent(eventId))?.outcome);
}

/** What the simulator has for this person. */
export function accountOf({ simulator }: Pick<TestMuster, 'simulator'>, personId: string) {
  const found = simulator.users().filter(({ email }) => email === `${personId}@example.com`);
  if (found.length > 1) throw new Error(`${personId} has ${found.length} accounts`);
  const [account] = found;
  return account && { id: account.id, status: account.status, roles: account.roles, teams: account.teams };
}
