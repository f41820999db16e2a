import type {
  Account,
  ApprovalRequest,
  CountedDecision,
  Entitlement,
  HrEvent,
  Line,
  LinePosition,
  Outcome,
  Phase,
  PersonRecord,
  ProcessType,
} from '../../domain/model.ts';
import type { ApprovalState, SyncDepth, SyncSummary } from '../../domain/contracts.ts';
import type { KindStates } from '../../domain/sync/kinds.ts';
import type { HeldRow, NhiRow } from './nhis.ts';

/** One link of the chain: who did what to whom, why, before and after. Never a secret. */
export interface EvidenceEntry {
  readonly personId: string;
  readonly eventId: string;
  /** Unique within the event, such as `assignRole:<role id>`. */
  readonly step: string;
  readonly at: string;
  readonly actor: string;
  /** Of a decision: whether a token proved who decided, and which; or whether it is somebody's word. */
  readonly proof?: 'attested' | 'claimed';
  readonly tokenId?: string;
  readonly action: string;
  readonly reason?: string;
  /** The policy in force when an entitlement was given or taken. */
  readonly policyHash?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /**
   * Of a write whose answer was lost: `readBack` where a later reading showed that it had happened, `unknown` where no
   * reading can tell (an invitation).
   */
  readonly lostReply?: 'readBack' | 'unknown';
}

export interface EvidenceRow extends EvidenceEntry {
  readonly seq: number;
  readonly hash: string;
}

export type EvidenceCheck =
  | { readonly ok: true; readonly count: number; readonly head?: Pick<EvidenceRow, 'seq' | 'hash'> }
  | { readonly ok: false; readonly seq: number; readonly why: string };

/** An entitlement held: since, until, and why. */
export interface GrantRow {
  readonly personId: string;
  readonly accountId: string;
  readonly kind: Entitlement['kind'];
  readonly id: string;
  readonly name: string;
  readonly since: string;
  readonly until?: string;
  readonly reason: 'birthright' | 'request' | 'exception' | 'adopted' | 'preexisting';
  /** The policy rule, the approval or the event that gave it. */
  readonly because?: string;
}

export type DatedDecision = CountedDecision & { readonly at: string };

export interface ApprovalRow extends ApprovalRequest {
  readonly personId: string;
  readonly state: ApprovalState;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly closedAt?: string;
  readonly decisions: readonly DatedDecision[];
}

export interface AccountRow extends Account {
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Present once a whole scan no longer saw it. */
  readonly goneAt?: string;
  readonly personId?: string;
  readonly roleNames: readonly string[];
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

export interface PersonRow extends PersonRecord {
  readonly process?: ProcessType;
  readonly phase?: Phase;
  readonly waitingFor?: string;
  readonly until?: string;
  readonly accountStatus?: string;
}

export interface IntakeRow {
  readonly event: HrEvent;
  readonly receivedAt: string;
  readonly appliedAt?: string;
  readonly outcome?: Outcome;
}

export interface Progress {
  readonly personId: string;
  readonly process: ProcessType;
  readonly phase: Phase;
  readonly waitingFor?: string;
  readonly until?: string;
  readonly at: string;
}

/** `person` is the record as it is from now on. `also` are further events that ended with this one (superseded, stale, duplicate). */
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
  readonly held: readonly HeldRow[];
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

export interface AccountsPage {
  /** Absent where a process saw them, outside any scan. */
  readonly scanId?: string;
  readonly accounts: readonly Account[];
  readonly seenAt: string;
}

export interface AccountsSweep {
  readonly scanId: string;
  readonly scanStartedAt: string;
  readonly at: string;
  /** Fewer than this, and the scan was not whole: nothing is closed. */
  readonly expected?: number;
}

export interface SyncRunRow {
  readonly runId: string;
  readonly depth: SyncDepth;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly summary?: SyncSummary;
  readonly reason?: string;
  /** How completely each kind was read; empty until the run has finished. */
  readonly kinds: KindStates;
}

export interface SyncRunEnd {
  readonly runId: string;
  readonly summary: SyncSummary;
  readonly at: string;
  /** In words, where something is incomplete. */
  readonly reason?: string;
  readonly kinds: KindStates;
}
