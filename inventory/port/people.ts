import type {
  Employment,
  HrEvent,
  KnownPerson,
  MailboxEvent,
  Outcome,
  PersonRecord,
  Phase,
  ProcessType,
} from '../../domain/model.ts';
import type { AccountRow, ObservedAccess } from './accounts.ts';
import type { ApprovalRow } from './approvals.ts';
import type { EvidenceRow } from './evidence.ts';
import type { GrantRow } from './grants.ts';
import type { NhiRow } from './nhis.ts';

export interface PersonRow
  extends PersonRecord, Partial<Omit<Progress, 'personId' | 'at'>>, Partial<Pick<Trouble, 'lastError'>> {
  readonly accountStatus?: string;
}

export interface Progress {
  readonly personId: string;
  readonly process: ProcessType;
  readonly phase: Phase;
  readonly waitingFor?: string;
  readonly until?: string;
  readonly at: string;
}

/** What an activity failed with that is being retried. */
export interface Trouble extends Pick<Progress, 'personId' | 'process' | 'at'> {
  /** Absent where the phase on record is the one that is. */
  readonly phase: Phase | undefined;
  /** Datadog's words, without keys and addresses. */
  readonly lastError: string;
}

export interface IntakeRow {
  readonly event: HrEvent;
  readonly receivedAt: string;
  /** An operator's word that it is not to be carried out. */
  readonly withdrawal?: Withdrawal;
  /** The run that has read it. */
  readonly takenUpBy?: string;
  readonly takenUpAt?: string;
  readonly appliedAt?: string;
  readonly outcome?: Outcome;
}

export interface Withdrawal {
  readonly actor: string;
  readonly reason?: string;
  readonly at: string;
}

/** Of one person's id by another: the account that went over, or why nothing is changed. */
export interface Replacement {
  readonly accountId?: string;
  readonly problem?: string;
}

/** What a run reads: who the person is to it, and what waits for its turn. */
export interface PersonMailbox {
  readonly person: KnownPerson;
  readonly events: readonly MailboxEvent[];
}

/** How a process left the person, and every event that ended with it (superseded and stale ones too). */
export interface ProcessFinish {
  readonly personId: string;
  readonly process: ProcessType;
  /** The event that was carried out; absent where none was. */
  readonly carriedOut?: { readonly eventId: string; readonly employment: Employment };
  readonly events: readonly EndedEvent[];
  readonly at: string;
}

export interface EndedEvent {
  readonly eventId: string;
  readonly outcome: Outcome;
}

export interface PersonHistory {
  readonly person: PersonRow;
  readonly account?: AccountRow;
  /** Roles and teams of the account as they were seen, with those that have ended. */
  readonly held: readonly ObservedAccess[];
  /** Non-human identities declared as theirs. */
  readonly nhis: readonly NhiRow[];
  readonly events: readonly IntakeRow[];
  readonly grants: readonly GrantRow[];
  readonly approvals: readonly ApprovalRow[];
  readonly evidence: readonly EvidenceRow[];
}

export interface PendingInvitation {
  readonly personId: string;
  readonly accountId: string;
  readonly invitationId?: string;
  readonly sentAt?: string;
  readonly expiresAt?: string;
}

/** Somebody for whom SSO makes an account when they first log in. */
export interface AwaitedLogin {
  readonly personId: string;
  /** Case-folded. */
  readonly email: string;
  readonly since: string;
  /** Accounts that appeared before this were looked at. */
  readonly lookedAt: string;
}
