import { NativeConnection, type Logger } from '@temporalio/worker';
import { openAttestor } from '../auth/attestation.ts';
import { requireNames } from '../auth/pins.ts';
import { openKeys, readEvidenceSigner } from '../auth/keys.ts';
import { openDatadog } from '../datadog/index.ts';
import type { DatadogClient } from '../datadog/types.ts';
import { createActivities } from '../activities/index.ts';
import { openInventory } from '../inventory/index.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import { notifyByLog } from '../activities/notify/index.ts';
import { loadPolicy } from '../policy/file.ts';
import { Registry } from 'prom-client';
import { addDatadogMetrics } from '../client/operations/metrics/datadogMetrics.ts';
import { createFetchRecord } from '../client/intake/fetchBack/record.ts';
import { readSecretsIn } from '../client/intake/webhooks/secrets.ts';
import { importFolder } from '../client/intake/roster/folder.ts';
import { createEngineWatch } from '../client/operations/engineWatch.ts';
import { requireKnownInventory } from '../client/operations/knownInventory.ts';
import { createMuster, type Muster } from '../client/operations/muster.ts';
import type { LivePolicy } from '../client/operations/livePolicy.ts';
import { connectTemporal, requireNamespace } from '../client/operations/temporal.ts';
import { onceReachable } from '../client/operations/awaitAway.ts';
import { bundleWorkflows } from '../client/operations/bundle.ts';
import type { Client } from '@temporalio/client';
import type { Policy } from '../domain/policy/rules.ts';
import { countWorkers } from './countWorkers.ts';
import { followDeployment, knowsVersions } from './deployment.ts';
import { openPolicy } from './policy.ts';
import { ensureSearchAttributes } from './searchAttributes.ts';
import { personSignals } from './signals.ts';
import type { Secrets } from '../config/logging.ts';
import { startWorkers } from './worker.ts';
import type { Config, DatadogConfig, TemporalConfig } from '../config/types.ts';

/** What a running Muster needs to know: a `Config` in which nothing is left open. */
interface Composition extends Pick<Config, 'inventory' | 'policyPath' | 'secretsFolder' | 'signingKey'> {
  readonly temporal: TemporalConfig & Required<Pick<TemporalConfig, 'connection'>>;
  readonly datadog: DatadogConfig;
  /** What else follows from a policy, whenever another one comes into force. */
  readonly followPolicy?: (policy: Policy) => Promise<void>;
  /** Ends the waiting for Temporal and the database. */
  readonly signal?: AbortSignal;
  /** Tells people what is waited for; the log has it too. */
  readonly say?: (text: string) => void;
}

export interface RunningMuster {
  readonly client: Client;
  readonly inventory: Inventory;
  readonly muster: Muster;
  /** What this process counts, for its metrics. */
  readonly registry: Registry;
  /** The policy in force now. */
  readonly policy: LivePolicy['current'];
  /** Resolves when the workers have stopped; rejects when one of them died. */
  readonly ended: Promise<void>;
  /** Drains the workers and closes what they stood on. */
  stop(): Promise<void>;
}

/** Puts everything together and starts the workers: the one place where the parts meet. */
export async function startMuster(composition: Composition, logger: Logger, secrets: Secrets): Promise<RunningMuster> {
  const { temporal, datadog, signal, say } = composition;
  await using opened = new AsyncDisposableStack();
  const readAs = { datadogIsSimulator: datadog.isSimulator };
  const loaded = await loadPolicy(composition.policyPath, readAs);
  const reach = <T>(work: () => Promise<T>) => onceReachable(work, { signal, say: (text) => tell(text, logger, say) });
  const signer = await readEvidenceSigner(composition.signingKey);
  const inventory = opened.use(await reach(() => openInventory(composition.inventory, signer)));
  await reach(() => requireNames(inventory, loaded));
  await reach(() => requireNamespace(temporal));
  const { client } = opened.use(await reach(() => connectTemporal(temporal)));
  await reach(() => requireKnownInventory(client, inventory));
  await reach(() => ensureSearchAttributes(client, (text) => logger.warn(text)));
  const live = opened.use(
    await reach(() =>
      openPolicy({
        path: composition.policyPath,
        policy: loaded,
        ...readAs,
        ...{ inventory, client, logger, follow: composition.followPolicy },
      }),
    ),
  );
  const connection = await reach(() => NativeConnection.connect(temporal.connection));
  opened.defer(() => connection.close());
  const workersAlive = opened.use(await countWorkers(inventory));
  const registry = new Registry();
  const observer = addDatadogMetrics(registry);
  const api = opened.use(openApi(datadog, secrets, { processes: workersAlive.count, observer }));
  const muster = createMuster({ client, inventory, attestor: openAttestor(composition.signingKey) });
  const policy = live.current;
  const isVersioned = await reach(() => knowsVersions(client, logger));
  const workflowBundle = await bundleWorkflows(logger, { isVersioned });
  if (isVersioned) {
    opened.use(await reach(() => followDeployment({ client, inventory, workflowBundle, logger })));
  }
  const workers = await startWorkers({
    connection,
    isVersioned,
    namespace: temporal.namespace,
    activities: composeActivities(composition, { api, inventory, client, muster, policy, logger, secrets }),
    workflowBundle,
  });
  const kept = opened.move();
  return {
    client,
    inventory,
    muster,
    registry,
    policy,
    ended: workers.ended,
    stop: stopOnce(workers, kept),
  };
}

/** Who stops it once more waits for the same end: a stack that is being closed says at once that it is closed. */
function stopOnce(workers: Pick<RunningMuster, 'stop'>, kept: AsyncDisposable): RunningMuster['stop'] {
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    try {
      await workers.stop();
    } finally {
      await kept[Symbol.asyncDispose]();
    }
  };
  return () => (stopping ??= stop());
}

function tell(text: string, logger: Logger, say: ((text: string) => void) | undefined): void {
  logger.warn(text);
  say?.(text);
}

interface Parts extends Pick<RunningMuster, 'client' | 'inventory' | 'muster' | 'policy'> {
  readonly api: DatadogClient;
  readonly logger: Logger;
  readonly secrets: Secrets;
}

function composeActivities(
  { signingKey, secretsFolder }: Pick<Composition, 'signingKey' | 'secretsFolder'>,
  { api, inventory, client, muster, policy, logger, secrets }: Parts,
) {
  return createActivities({
    datadog: api,
    inventory,
    policy,
    notify: notifyByLog(logger),
    signals: personSignals(client, muster),
    engine: createEngineWatch(client),
    importRosters: (onProgress) => importFolder({ muster, inventory, policy: policy(), onProgress }),
    fetchRecord: createFetchRecord({
      inventory,
      policy,
      secrets: readSecretsIn(secretsFolder, (secret) => secrets.add(secret)),
    }),
    attestations: openAttestor(signingKey),
    keys: openKeys(signingKey),
  });
}

type SharedParts = Pick<Parameters<typeof openDatadog>[0], 'processes' | 'observer'>;

/** Its keys are read anew for each request, and scrubbed from the log. */
const openApi = ({ baseUrl, keys }: DatadogConfig, secrets: Secrets, shared: SharedParts) =>
  openDatadog({
    baseUrl,
    ...shared,
    keys: async () => {
      const read = await keys();
      for (const key of Object.values(read)) secrets.add(key);
      return read;
    },
  });
