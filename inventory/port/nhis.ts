import type { KindStates, Nhi, NhiKind, TeamMember } from '../../domain/sync/kinds.ts';
import type { AccountStatus, Entitlement } from '../../domain/model.ts';

/** Rows of teams and non-human identities, as the inventory gives them. */

export interface TeamRow {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  /** Written from outside Datadog: Muster leaves it alone. */
  readonly isManaged: boolean;
}

export interface TeamListRow extends TeamRow {
  readonly firstSeenAt: string;
  readonly goneAt?: string;
  /** Open memberships. */
  readonly members: number;
}

export interface TeamMemberRow extends TeamMember {
  readonly teamId: string;
  readonly since: string;
  readonly until?: string;
}

/** One team's whole list of members. */
export interface TeamMembers {
  readonly teamId: string;
  readonly members: readonly TeamMember[];
  /** When the reading began. */
  readonly seenAt: string;
}

export interface NhiRow extends Nhi {
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Present once a whole reading of its kind no longer saw it. */
  readonly goneAt?: string;
  /** Of the account in `ownerAccountId`, where that is known. */
  readonly ownerEmail?: string;
  readonly ownerStatus?: AccountStatus | 'gone';
  /** The person who answers for it, by `inventory nhis --set-owner`. An e-mail is a hint only. */
  readonly ownerPersonId?: string;
}

export interface NhiFilter {
  readonly kind?: NhiKind;
  /** Declared as theirs. */
  readonly ownerPersonId?: string;
  readonly ownerAccountId?: string;
  /** Without it, those that are gone are listed too. */
  readonly isThere?: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Closes what a whole reading did not see. */
export interface NhiSweep {
  readonly kinds: readonly NhiKind[];
  /** Of this owner only, where one owner's list was read. */
  readonly ownerAccountId?: string;
  readonly seenIds: readonly string[];
  readonly readStartedAt: string;
  readonly at: string;
}

/** A role or a team membership as it was seen in Datadog, whoever gave it. */
export interface HeldRow {
  readonly kind: Entitlement['kind'];
  readonly id: string;
  readonly name: string;
  /** First seen: it may be older than Muster's first sync. */
  readonly since: string;
  readonly until?: string;
  /** What a role permits now. */
  readonly permissions?: readonly string[];
}

export interface StandingKinds {
  /** Of the last finished full run. */
  readonly last: KindStates;
  /** When each kind was last read whole. */
  readonly completeAt: Readonly<Partial<Record<keyof KindStates, string>>>;
}

export interface Written {
  readonly added: number;
  readonly changed: number;
}
