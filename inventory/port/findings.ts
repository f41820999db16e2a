import type { AccountSnapshot } from '../../domain/findings/accounts.ts';
import type { PersonSnapshot } from '../../domain/findings/drift.ts';
import type { FindingKind, FoundAt, Severity } from '../../domain/findings/catalog.ts';
import type { KindStates, Nhi } from '../../domain/sync/kinds.ts';
import type { KeySnapshot } from '../../domain/findings/keys.ts';
import type { RoleSnapshot } from '../../domain/findings/roles.ts';
import type { TeamRow } from './nhis.ts';
import type { Found } from '../../domain/findings/found.ts';

export type FindingState = 'open' | 'muted' | 'closed';

/** A finding as it is listed: with what it means and what to do. */
export interface FindingRow {
  readonly id: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly state: FindingState;
  /** The subject as a reader knows it. */
  readonly name: string;
  readonly title: string;
  readonly advice: string;
  readonly owasp?: string;
  readonly since: string;
  readonly closedAt?: string;
  readonly personId?: string;
  readonly accountId?: string;
  readonly evidence: Found['evidence'];
  /** Why it can neither open nor close now. */
  readonly frozen?: string;
  readonly mutedUntil?: string;
  readonly muteReason?: string;
}

export interface FindingFilter {
  readonly kind?: FindingKind;
  readonly severity?: Severity;
  readonly personId?: string;
  /** Without it: all, with those that are closed or muted. */
  readonly state?: FindingState;
  readonly limit: number;
  readonly offset: number;
}

/** What was found at the rows between two ids; what is on record there and was not found again, closes. */
export interface FindingsPage {
  readonly foundAt: FoundAt;
  /** Exclusive; '' from the beginning. */
  readonly after: string;
  /** Inclusive; without it to the end. */
  readonly upTo?: string;
  readonly found: readonly Found[];
  /** Rows of which nothing can be said this time: nothing opens or closes there. */
  readonly frozenScopes: ReadonlySet<string>;
  readonly states: KindStates;
  readonly at: string;
}

/** A page of rows by id, and the id to go on after; without it there is no more. */
export interface SnapshotPage<T> {
  readonly facts: readonly T[];
  readonly next?: string;
}

/** What holds for the whole organization, read once an assessment. */
export interface OrganizationSnapshot {
  /** Those that are there. */
  readonly roles: readonly (RoleSnapshot & { readonly permissions: readonly string[] })[];
  readonly teams: readonly TeamRow[];
  readonly roleMappings: readonly Nhi[];
  readonly isLoginReported: boolean;
  /** E-mail domains of the people of a source of which a complete roster was applied. */
  readonly completeDomains: ReadonlySet<string>;
  /** People whose process is at work, or is about to be. */
  readonly busyPeople: ReadonlySet<string>;
  /** By person: since when a leaver's access should have ended. */
  readonly overdueLeavers: ReadonlyMap<string, string>;
  /** Subjects of drift that were repaired too often. */
  readonly contested: ReadonlySet<string>;
  /** People employed whose account is Active. */
  readonly activeBound: number;
}

/** An account that is somebody's whose process has just ended may have been read before that. */
export interface PersonPageSnapshot extends PersonSnapshot {
  readonly finishedAt?: string;
}
export interface AccountPageSnapshot extends AccountSnapshot {
  readonly finishedAt?: string;
}
export type KeyPageSnapshot = KeySnapshot;

/** One person with what differs. */
export interface RepairCandidate {
  readonly personId: string;
  readonly subjects: readonly string[];
}

export type QuarantineState = 'open' | 'allowed' | 'rejected' | 'superseded';

/** Repairs that were too many at once, and wait for somebody's word. */
export interface QuarantineRow {
  readonly batchId: string;
  readonly runId: string;
  readonly openedAt: string;
  readonly state: QuarantineState;
  readonly budget: number;
  readonly people: readonly RepairCandidate[];
  readonly decidedAt?: string;
  readonly decidedBy?: string;
  readonly reason?: string;
}

export interface QuarantineDecision {
  readonly state: 'allowed' | 'rejected';
  readonly at: string;
  readonly by: string;
  readonly reason?: string;
}
