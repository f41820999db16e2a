import type { ExceededLimit, RemovalKind } from '../../domain/access/changeBudget.ts';
import type { Access } from '../../domain/model.ts';

/** One event that is about to take something away from its person. */
export interface Removal {
  readonly eventId: string;
  readonly personId: string;
  readonly source: string;
  readonly kind: RemovalKind;
  /** Counts against the share of urgent leavers. */
  readonly urgent: boolean;
  readonly at: string;
}

/** A removal that waits for a person, since the change budget is used up. */
export interface HeldRemoval extends Omit<Removal, 'at'> {
  readonly askedAt: string;
  readonly above: ExceededLimit;
}

/** What is released: one person's, or all, of which `eventIds` must be exactly those that are held; of one kind only where it is given. */
export type HeldChoice = ({ readonly personId: string } | { readonly eventIds: readonly string[] }) & {
  readonly kind?: RemovalKind;
};

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
  readonly access: Pick<Access, 'roles' | 'teams' | 'teamsNotVisible'>;
}
