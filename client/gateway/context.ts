import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Keys } from '../../auth/keys.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Muster } from '../operations/muster.ts';
import type { Limit, Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { SourceSecrets } from '../intake/webhooks/secrets.ts';

/** What the parts of the gateway need. */
export interface GatewayContext {
  readonly muster: Muster;
  readonly inventory: Inventory;
  /** The key that seals tokens. */
  readonly keys: Keys;
  readonly policy: Pick<Policy, 'sources' | 'defaultTimeZone' | 'identity' | 'sync'>;
  readonly secrets: SourceSecrets;
  /** Resolves when the engine responds. */
  readonly engineAnswers: () => Promise<unknown>;
  readonly metrics: Metrics;
  readonly limit: Limit;
  /** Proxies whose word on the sender's address counts: addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Where senders reach the gateway, without a slash at the end; absent where a request itself says so. */
  readonly publicUrl?: string;
  /** Logs what was refused, and what was done with more rights than those of a source. */
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Logs what went wrong inside. The caller does not learn of it. */
  readonly onError: (error: unknown, what: string) => void;
  readonly now: () => Date;
  /** True once the process has been told to stop: it takes no new work, and finishes what it has. */
  readonly isDraining: () => boolean;
}

export type GatewayApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** One part of the HTTP interface: it registers its routes, with its own parsers and hooks where it needs some. */
export type GatewayPart = (
  app: GatewayApp,
  context: GatewayContext & { readonly limits: Limits },
) => Promise<void> | void;
