import type { ChangeBudget } from '../../workflows/core/changeBudget.ts';
import type { RecordedAccess } from '../../workflows/core/model.ts';

/** `held` waits for a person's word; `released` and `rejected` are that word. */
export type DisableState = 'admitted' | 'held' | 'released' | 'rejected';

export interface DisableKey {
  readonly personId: string;
  readonly eventId: string;
}

export interface DisableRow extends DisableKey {
  readonly accountId: string;
  readonly state: DisableState;
  readonly askedAt: string;
  readonly admittedAt?: string;
  readonly decidedAt?: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** Those who are held now, and the name of exactly this set. */
export interface HeldBatch {
  readonly batch: string;
  readonly leavers: readonly DisableRow[];
}

export interface HeldDecision {
  readonly verdict: 'release' | 'reject';
  readonly actor: string;
  readonly reason: string;
  readonly at: string;
}

/** What a person held when Muster ended their access. */
export interface EndedAccessRow extends DisableKey {
  readonly accountId: string;
  readonly access: RecordedAccess;
  readonly recordedAt: string;
  /** Present once Muster has disabled the account. */
  readonly disabledAt?: string;
  readonly restoredAt?: string;
}

/** The part of the inventory that holds leavers back, and remembers what was taken from them. */
export interface BrakeInventory {
  /** Whether this leaver's account may be disabled now. The same leaver again gets the same answer, and counts once. */
  admitDisable(ask: DisableKey & { accountId: string; at: string; budget: ChangeBudget }): Promise<DisableRow>;
  findDisable(key: DisableKey): Promise<DisableRow | undefined>;
  /** Accounts whose disabling was allowed since then. */
  disabledSince(since: string): Promise<readonly string[]>;
  heldLeavers(): Promise<HeldBatch>;
  /** Answers who was decided about; `changed` where the batch is another one by now, and nothing was decided. */
  decideBatch(
    batch: string,
    decision: HeldDecision,
  ): Promise<{ changed: HeldBatch } | { leavers: readonly DisableRow[] }>;
  /** Undefined where this person is not held. */
  decideHeld(personId: string, decision: HeldDecision): Promise<DisableRow | undefined>;

  /** Writes down what is held, until the account has been disabled. */
  recordEndedAccess(row: Omit<EndedAccessRow, 'disabledAt' | 'restoredAt'>): Promise<void>;
  markDisabled(key: DisableKey, at: string): Promise<void>;
  markRestored(key: DisableKey, at: string): Promise<void>;
  /** The last time that Muster disabled this person's account. */
  lastEndedAccess(personId: string): Promise<EndedAccessRow | undefined>;

  /** Whether the holder has the lease until then; nobody else can have it meanwhile. */
  takeLease(lease: { name: string; holder: string; at: string; until: string }): Promise<boolean>;
  endLease(name: string, holder: string): Promise<void>;
}
