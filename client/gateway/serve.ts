import type { Registry } from 'prom-client';
import type { Client } from '@temporalio/client';
import { dayMs, hourMs } from '../../domain/durations.ts';
import type { Keys } from '../../auth/keys.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Muster } from '../operations/muster.ts';
import { createGateway } from './app.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { GatewayContext } from './context.ts';
import { createMetrics } from './metrics.ts';
import type { Notify } from '../../activities/notify/index.ts';
import { serveMetrics, urlOf } from '../operations/metrics/serve.ts';
import { watchFromOutside } from '../operations/watchFromOutside.ts';
import type { SourceSecrets } from '../intake/webhooks/secrets.ts';

type ServedPolicy = GatewayContext['policy'] & Pick<Policy, 'times'>;

interface ServeOptions {
  readonly client: Client;
  readonly inventory: Inventory;
  readonly keys: Keys;
  readonly muster: Muster;
  /** The policy in force now. */
  readonly policy: () => ServedPolicy;
  readonly secrets: SourceSecrets;
  readonly host: string;
  /** Both 0 for a free one. */
  readonly port: number;
  readonly metricsPort: number;
  /** Of a worker in the same process. */
  readonly registry?: Registry;
  readonly sdkMetricsUrl?: string | undefined;
  /** Where it says what it sees of workers, syncs and leavers; without it, it watches none of them. */
  readonly notify?: Notify;
  readonly trustedProxies?: readonly string[];
  readonly publicUrl?: string;
  readonly log?: GatewayContext['log'];
  readonly onError?: (error: unknown, what: string) => void;
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly metricsUrl: string;
  /** Takes nothing new, finishes what it has, and ends. */
  stop(): Promise<void>;
}

/** A sender that delivers a whole company at once comes through; a caller that tries secrets does not get far. */
const limit = { max: 3_000, timeWindow: 10_000 };
const keepDeliveriesMs = 30 * dayMs;
const sweepEveryMs = hourMs;

export async function serveGateway(options: ServeOptions): Promise<RunningGateway> {
  const { client, inventory, host, onError = () => undefined } = options;
  await using opened = new AsyncDisposableStack();
  const policy = followed(options.policy);
  const metrics = createMetrics(options.registry);
  let isDraining = false;
  const context: GatewayContext = {
    muster: options.muster,
    inventory,
    keys: options.keys,
    policy,
    secrets: options.secrets,
    engineAnswers: () => client.workflowService.describeNamespace({ namespace: client.options.namespace }),
    metrics,
    limit,
    trustedProxies: options.trustedProxies ?? [],
    publicUrl: options.publicUrl,
    log: options.log ?? (() => undefined),
    onError,
    now: () => new Date(),
    isDraining: () => isDraining,
  };
  const app = await createGateway(context);
  opened.defer(() => app.close());
  await app.listen({ host, port: options.port });
  const kind = options.registry === undefined ? 'gateway' : 'local';
  const metricsServer = await serveMetrics(
    { registry: metrics.registry, kind, client, inventory, policy: options.policy, sdkUrl: options.sdkMetricsUrl },
    { host, port: options.metricsPort },
  );
  opened.use(metricsServer);
  const { notify } = options;
  if (notify !== undefined)
    opened.use(watchFromOutside({ client, inventory, policy: options.policy, notify, onError }));

  const sweep = () =>
    inventory
      .forgetDeliveries(new Date(Date.now() - keepDeliveriesMs).toISOString())
      .catch((error: unknown) => onError(error, 'old deliveries could not be forgotten'));
  const sweeping = setInterval(() => void sweep(), sweepEveryMs);
  opened.defer(() => clearInterval(sweeping));

  const kept = opened.move();
  const stop = async (): Promise<void> => {
    isDraining = true;
    await kept.disposeAsync();
  };
  return { url: urlOf(host, app.server.address()), metricsUrl: metricsServer.url, stop, [Symbol.asyncDispose]: stop };
}

/** The policy in force, also once another one is: what is made of it here lives as long as the gateway. */
const followed = (inForce: () => ServedPolicy): ServedPolicy => ({
  get sources() {
    return inForce().sources;
  },
  get defaultTimeZone() {
    return inForce().defaultTimeZone;
  },
  get identity() {
    return inForce().identity;
  },
  get sync() {
    return inForce().sync;
  },
  get times() {
    return inForce().times;
  },
});
