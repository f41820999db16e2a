import type { Account, Entitlement } from '../../domain/model.ts';
import type { TeamMember } from '../../domain/sync/kinds.ts';

/** Accounts, roles and teams as they were last seen in Datadog. */

export interface AccountRow extends Account {
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Present once a whole scan no longer saw it. */
  readonly goneAt?: string;
  readonly personId?: string;
  readonly roleNames: readonly string[];
}

export interface AccountsPage {
  /** Absent where a process saw them, outside any scan. */
  readonly scanId?: string;
  readonly accounts: readonly Account[];
  /** Listed, but not to be read: they stay as they are, and are not gone. */
  readonly unreadIds?: readonly string[];
  readonly seenAt: string;
}

export interface AccountsSweep {
  readonly scanId: string;
  readonly scanStartedAt: string;
  readonly at: string;
  /** Fewer than this, and the scan was not whole: nothing is closed. */
  readonly expected?: number;
}

export interface RoleRow {
  readonly id: string;
  readonly name: string;
  readonly isManaged: boolean;
  readonly permissions: readonly string[];
}

export interface RoleListRow extends RoleRow {
  readonly firstSeenAt: string;
  readonly goneAt?: string;
}

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

/** Ids of listed rows that could not be read, none of which is gone; undefined for one without an id, which may be any. */
export type Unread = readonly (string | undefined)[];

/** One team's whole list of members. */
export interface TeamMembers {
  readonly teamId: string;
  readonly members: readonly TeamMember[];
  /** Some could not be read: nobody's membership ends. */
  readonly isPartial?: boolean;
  /** When the reading began. */
  readonly seenAt: string;
}

/** A role or a team membership as it was seen, whoever granted it. */
export interface ObservedAccess {
  readonly kind: Entitlement['kind'];
  readonly id: string;
  readonly name: string;
  /** First seen: it may be older than Muster's first sync. */
  readonly since: string;
  readonly until?: string;
  /** What a role permits now. */
  readonly permissions?: readonly string[];
}

export interface Written {
  readonly added: number;
  readonly changed: number;
}

/** What the writing of a whole list did. */
export interface ListWritten extends Written {
  readonly removed: number;
}
