import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { type InventoryLocation } from '../../../inventory/index.ts';
import { openInventory } from '../../support/inventory.ts';
import { parsePolicy } from '../../../policy/file.ts';
import { createGateway } from '../../../client/gateway/app.ts';
import type { GatewayContext } from '../../../client/gateway/context.ts';
import { createMetrics } from '../../../client/gateway/metrics.ts';
import { readSecretsIn } from '../../../client/intake/webhooks/secrets.ts';
import { createMuster } from '../../../client/operations/muster.ts';
import type { SyncSummary } from '../../../domain/contracts.ts';
import type { KindState } from '../../../domain/sync/kinds.ts';
import type { EventNotice } from '../../../domain/contracts.ts';
import { keysIn } from '../../support/operators.ts';
import type { HrEvent } from '../../../domain/model.ts';

export const hrSecret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;

export interface GatewayOptions {
  /** The YAML of `sources`. */
  readonly sources?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Instead of a file. */
  readonly database?: InventoryLocation;
  readonly limit?: GatewayContext['limit'];
  readonly trustedProxies?: readonly string[];
  readonly publicUrl?: string;
  /** Instead of the engine's acceptance. */
  readonly signal?: (event: HrEvent) => Promise<void>;
}

/** A gateway over a real inventory, and over an engine that only remembers what it was sent. */
export async function startGateway(options: GatewayOptions = {}) {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-gateway-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const files = { hr: hrSecret, ...options.secrets };
  for (const [name, secret] of Object.entries(files)) await writeFile(join(home, name), secret);
  const inventory = opened.use(await openInventory(options.database ?? { file: join(home, 'inventory.db') }));
  const signalled: HrEvent[] = [];
  const client = {
    withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
    workflow: {
      async signalWithStart(_type: string, { signalArgs: [{ eventId }] }: { signalArgs: [EventNotice] }) {
        const event = (await inventory.findEvent(eventId))?.event as HrEvent;
        await options.signal?.(event);
        signalled.push(event);
      },
    },
  } as unknown as Client;
  const text = `version: 1\nrules: []\nsources:\n  - { name: hr, verify: standardWebhooks }\n${options.sources ?? ''}`;
  const state = { isDraining: false, doesEngineAnswer: true };
  const errors: unknown[] = [];
  const logged: Readonly<Record<string, unknown>>[] = [];
  const policy = parsePolicy(text, 'policy.yaml', { datadogIsSimulator: true });
  const metrics = createMetrics();
  const muster = createMuster({ client, inventory });
  const app = await createGateway({
    muster,
    inventory,
    keys: keysIn(home),
    policy,
    secrets: readSecretsIn(home),
    engineAnswers: () => (state.doesEngineAnswer ? Promise.resolve() : Promise.reject(new Error('away'))),
    metrics,
    limit: options.limit ?? { max: 10_000, timeWindow: 1_000 },
    trustedProxies: options.trustedProxies ?? [],
    publicUrl: options.publicUrl,
    log: (message, fields) => void logged.push({ message, ...fields }),
    onError: (error) => void errors.push(error),
    now: () => new Date(),
    isDraining: () => state.isDraining,
  });
  opened.defer(() => app.close());
  const kept = opened.move();
  return {
    app,
    policy,
    inventory,
    muster,
    signalled,
    state,
    errors,
    logged,
    metrics,
    home,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type TestGateway = Awaited<ReturnType<typeof startGateway>>;

/** The headers of Standard Webhooks for a body. */
export function sign(body: string, { id = 'msg-1', at = new Date(), secret = hrSecret } = {}) {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

export const joinerBody = (personId: string, more: object = {}): string =>
  JSON.stringify({
    type: 'joiner',
    timestamp: new Date(Date.now() - 60_000).toISOString(),
    data: { personId, email: `${personId}@example.com`, department: 'Engineering', ...more },
  });

/** Sends a body, signed unless `headers` say otherwise. */
export async function post(
  { app }: Pick<TestGateway, 'app'>,
  body: string,
  headers: Readonly<Record<string, string>> = sign(body),
  url = '/v1/events',
) {
  const answer = await app.inject({ method: 'POST', url, headers: { ...headers }, payload: body });
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    headers: answer.headers,
    body: answer.json<Record<string, unknown>>(),
  };
}

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** A full sync that ended so long ago. */
export async function syncEnded({ inventory }: TestGateway, minutes: number, accounts: KindState): Promise<void> {
  const runId = `run-${minutes}`;
  const kinds = { accounts, apiKey: { state: 'incomplete', reason: 'torn' } } as const;
  await inventory.startSyncRun({ runId, depth: 'full', startedAt: minutesAgo(minutes + 1) });
  const summary = { complete: false } as SyncSummary;
  await inventory.finishSyncRun({ runId, summary, kinds, at: minutesAgo(minutes) });
}
