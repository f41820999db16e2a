import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import { dayMs, hourMs } from '../../domain/durations.ts';
import type { Keys } from '../../auth/keys.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Muster } from '../operations/muster.ts';
import { createGateway } from './app.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { GatewayContext } from './context.ts';
import { createLate } from './late.ts';
import { createMetrics, type Metrics } from './metrics.ts';
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
  const metrics = createMetrics(createLate(inventory, policy));
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
  const metricsServer = await serveMetrics(metrics, host, options.metricsPort);
  opened.use(metricsServer);

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

/** On a port of its own, so that senders of events cannot read metrics. */
async function serveMetrics(metrics: Metrics, host: string, port: number) {
  const timeouts = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 500 };
  const server = createServer(timeouts, (request, response) => {
    const isFound = request.method === 'GET' && request.url === '/metrics';
    const text = isFound ? metrics.registry.metrics() : Promise.resolve('GET /metrics\n');
    text.then(
      (body) => response.writeHead(isFound ? 200 : 404, { 'content-type': metrics.registry.contentType }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `${urlOf(host, server.address())}/metrics`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const urlOf = (host: string, address: AddressInfo | string | null): string =>
  `http://${host}:${typeof address === 'object' && address !== null ? address.port : ''}`;
