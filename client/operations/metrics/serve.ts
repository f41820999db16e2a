import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import type { Registry } from 'prom-client';
import type { Instance } from '../../../domain/instances.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { engineGauges, recordGauges } from './catalog.ts';
import { readEngineState } from './engineState.ts';
import { readFigures } from './figures.ts';
import { addGauges, addProcessMetrics } from './gauges.ts';
import { remembered } from './remembered.ts';

interface MetricsOptions {
  /** What this process counts itself; the rest is added here. */
  readonly registry: Registry;
  readonly kind: Instance['kind'] | 'local';
  readonly client: Client;
  readonly inventory: Inventory;
  /** The policy in force now. */
  readonly policy: () => Pick<Policy, 'sync' | 'times' | 'identity' | 'sources'>;
  /** Where the SDK serves its own metrics, in the same format; on loopback. */
  readonly sdkUrl?: string | undefined;
}

/** However often they are asked for. */
const keepFiguresMs = 10_000;
const keepEngineMs = 20_000;
const sdkAnswersWithinMs = 2_000;

/** Adds what is the same for every process, by the record and by Temporal. */
export function addSharedMetrics(
  { registry, kind, client, inventory, policy }: Omit<MetricsOptions, 'sdkUrl'>,
  { figuresMs = keepFiguresMs, engineMs = keepEngineMs } = {},
): void {
  addProcessMetrics(registry, kind);
  addGauges(
    registry,
    recordGauges,
    remembered(() => readFigures(inventory, policy(), Date.now()), figuresMs),
  );
  addGauges(
    registry,
    engineGauges,
    remembered(() => readEngineState(client, { inventory, policy: policy() }, Date.now()), engineMs),
  );
}

/** `GET /metrics` on a port of its own, so that senders of events cannot read it. */
export async function serveMetrics(
  { sdkUrl, ...options }: MetricsOptions,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly url: string } & AsyncDisposable> {
  const { registry } = options;
  addSharedMetrics(options);
  const timeouts = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 500 };
  const server = createServer(timeouts, (request, response) => {
    const isFound = request.method === 'GET' && request.url === '/metrics';
    const text = isFound ? allOf(registry, sdkUrl) : Promise.resolve('GET /metrics\n');
    text.then(
      (body) => response.writeHead(isFound ? 200 : 404, { 'content-type': registry.contentType }).end(body),
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

/** With the SDK's own, where they are there. */
async function allOf(registry: Registry, sdkUrl: string | undefined): Promise<string> {
  const [own, sdk] = await Promise.all([registry.metrics(), sdkUrl === undefined ? '' : readSdk(sdkUrl)]);
  return own + sdk;
}

async function readSdk(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(sdkAnswersWithinMs) });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '';
  }
}

export const urlOf = (host: string, address: AddressInfo | string | null): string =>
  `http://${host}:${typeof address === 'object' && address !== null ? address.port : ''}`;
