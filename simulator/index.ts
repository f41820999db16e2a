import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { armMixture } from './awkward/mixture.ts';
import { spoilPopulation } from './awkward/population.ts';
import { createBuckets } from './awkward/buckets.ts';
import { createSearchIndex } from './awkward/searchIndex.ts';
import { createControls } from './controls.ts';
import type { Controls } from './controls.ts';
import { createFaults } from './faults.ts';
import { acceptDue } from './resources/invitations.ts';
import { createLag } from './lag.ts';
import type { State } from './model.ts';
import { createPopulation, findAdmin } from './population.ts';
import { logRoutes } from './resources/logs.ts';
import { createRateLimiter } from './rateLimit.ts';
import type { RateLimit } from './rateLimit.ts';
import { createRequestLog } from './requests.ts';
import { createRouter } from './router.ts';
import { routes } from './resources/routes.ts';
import { createHttpServer } from './server.ts';
import { createStore, readStateFile } from './store.ts';
import { newApiKeySecret, newAppKeySecret } from './userState.ts';

export type { FaultInput } from './faults.ts';
export type { RequestLog, RequestRecord } from './requests.ts';

export interface SimulatorOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Humans besides the administrator; default 0. */
  readonly people?: number;
  /** Service accounts, API keys and application keys together, a third each; default 0. */
  readonly nhis?: number;
  /** Equal seeds yield equal populations; default 1. */
  readonly seed?: number;
  /** Invited people accept by themselves after this time of the simulator's clock; absent: never. */
  readonly acceptAfterMs?: number;
  readonly rateLimit?: RateLimit;
  /** Scopes of the application key; null or absent: unscoped. */
  readonly scopes?: readonly string[] | null;
  /** Read at the start when it exists, kept up to date, written on close. Population options are ignored then. */
  readonly stateFile?: string;
  readonly apiKey?: string;
  readonly appKey?: string;
  /** Milliseconds; default `Date.now`. */
  readonly now?: () => number;
  /** As awkward as Datadog can be: a mixture from this seed, of odd accounts and of faults. */
  readonly awkward?: number | undefined;
  /** Added to every reply. */
  readonly latencyMs?: number;
}

export interface Simulator extends Controls, AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  readonly apiKey: string;
  /** A key of an active human administrator, `admin@example.com`. */
  readonly appKey: string;
  readonly org: { readonly id: string; readonly name: string };
  close(): Promise<void>;
}

/**
 * A stateful Datadog on 127.0.0.1.
 * @throws TypeError when `stateFile` is not a simulator's; an Error when the port is taken.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { people = 0, nhis = 0, seed = 1, now: baseNow = Date.now } = options;
  const stored = options.stateFile === undefined ? undefined : readStateFile(options.stateFile);
  const state = stored ?? createPopulation({ people, nhis, seed, nowMs: baseNow() });
  const { awkward } = options;
  if (stored === undefined && awkward !== undefined) spoilPopulation(state, awkward, new Date(baseNow()).toISOString());
  const nowMs = (): number => baseNow() + state.clock.offsetMs;
  const { apiKey, appKey } = ensurePrimaryKeys(state, options, new Date(nowMs()).toISOString());
  const store = options.stateFile === undefined ? undefined : createStore(options.stateFile, state);
  const changed = (): void => store?.schedule();
  const settle = (): void => {
    if (options.acceptAfterMs !== undefined && acceptDue(state, nowMs(), options.acceptAfterMs)) changed();
  };
  const lag = createLag(state);
  const faults = createFaults(seed, () => lag.end());
  const requests = createRequestLog();
  const table = [...routes, ...logRoutes];
  const buckets = createBuckets(new Set(table.map(({ method, pattern }) => `${method} ${pattern}`)));
  const index = createSearchIndex(state);
  const controls = createControls({ state, nowMs, settle, changed, faults, requests, buckets, index });
  if (awkward !== undefined) armMixture(awkward, controls);
  const { rateLimit: limit } = options;
  const server = createHttpServer({
    state,
    router: createRouter(table),
    controls,
    lag,
    index,
    buckets,
    takeFault: (method, path) => faults.take(method, path),
    logRequest: (...request) => requests.add(...request),
    rate: limit === undefined ? undefined : { limit, limiter: createRateLimiter(limit) },
    latencyMs: options.latencyMs ?? 0,
    settle,
    changed,
  });
  // Longer than clients keep idle connections, so that none is closed under a request.
  server.keepAliveTimeout = 65_000;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  store?.flush(true);
  const port = portOf(server.address());
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    store?.flush(true);
  };
  const { id, name } = state.org;
  return {
    ...controls,
    url: `http://127.0.0.1:${port}`,
    apiKey,
    appKey,
    org: { id, name },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return address.port;
}

/** The pair of a stored state stays, unless the options name another. */
function ensurePrimaryKeys(state: State, options: SimulatorOptions, at: string): { apiKey: string; appKey: string } {
  const owner = findAdmin(state);
  const { primary } = state;
  const oldApi = state.apiKeys.get(primary.apiKeyId) ?? state.revoked.apiKeys.find(({ id }) => id === primary.apiKeyId);
  const apiKey = options.apiKey ?? oldApi?.key ?? newApiKeySecret();
  if (oldApi?.key !== apiKey) {
    primary.apiKeyId = randomUUID();
    state.apiKeys.set(primary.apiKeyId, {
      id: primary.apiKeyId,
      key: apiKey,
      name: 'simulator',
      category: 'default',
      remoteConfigReadEnabled: true,
      createdAt: at,
      modifiedAt: at,
      createdBy: owner.id,
      modifiedBy: owner.id,
      lastUsedAt: null,
    });
  }
  const oldApp = state.appKeys.get(primary.appKeyId) ?? state.revoked.appKeys.find(({ id }) => id === primary.appKeyId);
  const appKey = options.appKey ?? oldApp?.key ?? newAppKeySecret();
  if (oldApp?.key !== appKey) {
    primary.appKeyId = randomUUID();
    const scopes = options.scopes === undefined || options.scopes === null ? null : [...options.scopes];
    state.appKeys.set(primary.appKeyId, {
      id: primary.appKeyId,
      key: appKey,
      ownerId: owner.id,
      name: 'simulator',
      createdAt: at,
      lastUsedAt: null,
      scopes,
    });
  } else if (oldApp !== undefined && options.scopes !== undefined) {
    oldApp.scopes = options.scopes === null ? null : [...options.scopes];
  }
  return { apiKey, appKey };
}
