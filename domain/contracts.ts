import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { KindStates } from './sync/kinds.ts';
import type { Account, Entitlement, HrEvent, Outcome, PartResult, Phase, ProcessType } from './model.ts';
import type { ApprovalRequest, CountedDecision, Decision } from './decision.ts';

/** What is said across processes by name: ids, queues, messages, search attributes. No string is typed twice. */

export * from './ids.ts';

export const searchAttributes = {
  personId: defineSearchAttributeKey('PersonId', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
};

export const hrEventSignal = defineSignal<[HrEvent]>('hrEvent');
export const decideSignal = defineSignal<[Decision]>('decide');
export const accountActivatedSignal = defineSignal<[{ accountId: string }]>('accountActivated');
/** Somebody has put something right: whoever is blocked or held looks again at once. */
export const recheckSignal = defineSignal('recheck');
/** Withdraws an event that waits for its turn. */
export const cancelEventSignal = defineSignal<[EventCancellation]>('cancelEvent');
export const submitDecisionUpdate = defineUpdate<DecisionReceipt, [Decision]>('submitDecision');
export const syncProgressQuery = defineQuery<SyncProgress>('progress');
export const statusQuery = defineQuery<PersonStatus>('status');

/** Types of the failures with which `submitDecision` refuses: by the rules, or because nobody waits for this decision. */
export const decisionRefusals = { refused: 'DecisionRefused', notWaiting: 'NotWaiting' } as const;

export interface EventCancellation {
  readonly eventId: string;
  /** Who withdraws it. */
  readonly actor: string;
  readonly reason?: string;
}

export interface DecisionReceipt {
  readonly decisionId: string;
  readonly approvalId: string;
  readonly state: ApprovalState;
}

export type ApprovalState = 'open' | 'approved' | 'rejected' | 'timedOut' | 'withdrawn';

/**
 * What one person's run is started with. `events` and `carried` come from the run before it in the chain; `carried` of a
 * run that continues no other one is somebody's invention, and is not looked at.
 */
export interface PersonRunInput {
  readonly personId: string;
  readonly events?: readonly HrEvent[];
  readonly carried?: CarriedState;
}

interface CarriedState {
  /** Decisions already counted: an approver is not asked twice for the same access within one chain. */
  readonly decisions: readonly CountedDecision[];
  readonly refused: readonly Refusal[];
}

/** Something that was not counted, and why: a malformed signal, a stale event, a decision by someone who may not decide. */
export interface Refusal {
  readonly at: string;
  readonly what: string;
  readonly why: string;
}

export interface ApprovalView extends ApprovalRequest {
  readonly state: ApprovalState;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly decisions: readonly CountedDecision[];
}

/** The answer of the `status` query. */
export interface PersonStatus {
  readonly personId: string;
  readonly process: ProcessType;
  readonly phase: Phase;
  readonly event?: Pick<HrEvent, 'eventId' | 'kind' | 'occurredAt' | 'effectiveAt' | 'source'>;
  /** In words, such as `the person to accept the invitation`. */
  readonly waitingFor?: string;
  readonly until?: string;
  /** Why a process is blocked or held, and what a person must do for it to go on. */
  readonly blocked?: { readonly reason: string; readonly advice: string };
  readonly account?: Pick<Account, 'id' | 'status'>;
  readonly desired: readonly Entitlement[];
  readonly approvals: readonly ApprovalView[];
  readonly parts: readonly PartResult[];
  /** Events that wait their turn. */
  readonly mailbox: readonly Pick<HrEvent, 'eventId' | 'kind' | 'occurredAt' | 'effectiveAt'>[];
  readonly refused: readonly Refusal[];
  readonly steps: readonly { readonly at: string; readonly text: string }[];
  readonly outcome?: Outcome;
}

export type SyncDepth = 'light' | 'full';

export interface AccessSyncInput {
  readonly depth: SyncDepth;
  /** From the run before it in the chain. */
  readonly carried?: FullSyncState;
}

/** How far a full sync has come: what it shows, and what it carries over when it continues as new. */
export interface FullSyncState {
  readonly startedAt: string;
  /** Index into the steps. */
  readonly step: number;
  /** Where the step goes on: a page, or the id after which. */
  readonly page: number;
  readonly after: string;
  readonly pageSize?: number;
  /** As many accounts as Datadog counts. */
  readonly expected?: number;
  /** How often the accounts were read: once more where their count did not fit. */
  readonly readings: number;
  readonly counts: SyncCounts;
  readonly kinds: KindStates;
}

export type SyncCounts = Readonly<
  Record<'accounts' | 'pages' | 'roles' | 'teams' | 'added' | 'removed' | 'changed' | 'requests', number>
>;

/** The answer of the `progress` query of a full sync. */
export interface SyncProgress {
  /** In words, such as `accounts`. */
  readonly reading: string;
  readonly counts: SyncCounts;
  readonly expected?: number;
  readonly startedAt: string;
}

/** The summary of a sync run; `muster sync run --json` prints it. Counts of rows, `durationMs` in milliseconds. */
export interface SyncSummary {
  readonly complete: boolean;
  readonly users: number;
  readonly serviceAccounts: number;
  readonly roles: number;
  readonly teams: number;
  readonly keys: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly findings: number;
  readonly requests: number;
  readonly durationMs: number;
}
