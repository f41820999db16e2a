import type { HrEvent, Line, LinePosition, Outcome, PersonRecord, Phase, ProcessType } from '../../domain/model.ts';
import type { AccountRow, ObservedAccess } from './accounts.ts';
import type { ApprovalRow } from './approvals.ts';
import type { EvidenceRow } from './evidence.ts';
import type { GrantRow } from './grants.ts';
import type { NhiRow } from './nhis.ts';

export interface PersonRow extends PersonRecord, Partial<Omit<Progress, 'personId' | 'at'>> {
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

export interface IntakeRow {
  readonly event: HrEvent;
  readonly receivedAt: string;
  readonly appliedAt?: string;
  readonly outcome?: Outcome;
}

/** `person` is the record as it is from now on. `events` are all that ended with this process (superseded, stale, duplicate). */
export interface ProcessFinish {
  readonly personId: string;
  readonly process: ProcessType;
  readonly events: readonly { readonly eventId: string; readonly outcome: Outcome }[];
  readonly lines: Readonly<Partial<Record<Line, LinePosition>>>;
  readonly person: Pick<PersonRecord, 'attributes' | 'employment'>;
  readonly at: string;
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
