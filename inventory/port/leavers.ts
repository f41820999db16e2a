import type { Admittance, ChangeBudget } from '../../domain/access/changeBudget.ts';
import type { Access } from '../../domain/model.ts';

/** One leaver at the disable step. */
export interface Leaver {
  readonly eventId: string;
  readonly personId: string;
  readonly at: string;
}

/** A leaver that waits for a person, since the change budget is used up. */
export interface HeldLeaver {
  readonly eventId: string;
  readonly personId: string;
  readonly askedAt: string;
}

export interface Release {
  readonly actor: string;
  readonly reason?: string;
  readonly verdict: 'release' | 'reject';
  readonly at: string;
}

/** What an account held before Muster disabled it. */
export interface AccessBefore {
  readonly personId: string;
  readonly accountId: string;
  readonly eventId: string;
  readonly at: string;
  readonly access: Pick<Access, 'roles' | 'teams'>;
}

/** The part of the inventory that keeps too much from happening at once. */
export interface LeaverInventory {
  /** Counts the leaver against the budget, or holds it. The same event again is the same answer. */
  admitDisable(leaver: Leaver, budget: ChangeBudget): Promise<Admittance>;
  /** What the answer would be. */
  previewDisable(leaver: Leaver, budget: ChangeBudget): Promise<Admittance>;
  /** What it would be for a policy that observes: those count that were only said. Nothing is held, or counts later. */
  observeDisable(leaver: Leaver, budget: ChangeBudget): Promise<Admittance>;
  listHeld(): Promise<readonly HeldLeaver[]>;
  /** Lets held leavers go, or rejects them: one person's, or all, of which `eventIds` must be exactly all that are held. */
  releaseHeld(
    which: { readonly personId: string } | { readonly eventIds: readonly string[] },
    release: Release,
  ): Promise<{ readonly released: readonly HeldLeaver[]; readonly hasChanged: boolean }>;
  /** Whether `holder` has the lease from now until `until`. One that is given back is free at once. */
  takeLease(name: string, holder: string, now: string, until: string): Promise<boolean>;
  giveLeaseBack(name: string, holder: string): Promise<void>;
  recordAccessBefore(before: AccessBefore): Promise<void>;
  findAccessBefore(personId: string): Promise<AccessBefore | undefined>;
}
