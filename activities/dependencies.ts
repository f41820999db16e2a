import type { HrEvent } from '../domain/model.ts';
import type { DatadogClient } from '../datadog/types.ts';
import type { Inventory } from '../inventory/port/inventory.ts';
import type { Notify } from './notify/index.ts';
import type { Policy } from '../domain/policy/rules.ts';
import type { Attestor } from '../auth/attestation.ts';
import type { EngineWatch } from './sync/engine.ts';
import type { Keys } from '../auth/keys.ts';
import type { PersonSignals } from './sync/signals.ts';

/** Made in `workers/`, since rosters are planned and submitted by the client. */
type ImportRosters = (onProgress: () => void) => Promise<readonly RosterImport[]>;

/** What became of one file of the watched folder. */
export interface RosterImport {
  readonly file: string;
  /** `held`: above the budget, for a person to look at. */
  readonly result: 'applied' | 'held' | 'failed';
  readonly detail: string;
}

/** Asks HR for the record that an event names, and returns the events that it amounts to. Throws the two failures of `ask.ts`. */
export type FetchRecord = (
  received: { readonly event: HrEvent; readonly receivedAt: string },
  signal: AbortSignal,
) => Promise<readonly HrEvent[]>;

/** Everything the activities stand on, made in `workers/`. */
export interface Dependencies {
  readonly datadog: DatadogClient;
  readonly inventory: Inventory;
  /** The policy in force now: it changes with its file. */
  readonly policy: () => Policy;
  readonly notify: Notify;
  readonly signals: PersonSignals;
  readonly engine: EngineWatch;
  readonly importRosters: ImportRosters;
  readonly fetchRecord: FetchRecord;
  readonly attestations: Pick<Attestor, 'verify' | 'verifyKept'>;
  readonly keys: Pick<Keys, 'verify'>;
}
