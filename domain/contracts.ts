import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { KindStates } from './sync/kinds.ts';
import type { OddRows } from './sync/oddRows.ts';
import type { Account, Entitlement, MailboxEvent, Outcome, PartResult, Phase, ProcessType } from './model.ts';
import type { ApprovalState, Decision, DecisionId, RequestView } from './decision.ts';

/** The names that processes share: ids, queues, messages, search attributes. No string is typed twice. */

export * from './ids.ts';

export const searchAttributes = {
  personId: defineSearchAttributeKey('PersonId', 'KEYWORD'),
  phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
};

/** Something came for the person: look at the record. */
export const hrEventSignal = defineSignal<[EventNotice]>('hrEvent');
export const decideSignal = defineSignal<[Decision | DecisionId]>('decide');
export const accountActivatedSignal = defineSignal<[{ accountId: string }]>('accountActivated');
/** Something was put right: a run that is blocked or held checks again at once. */
export const recheckSignal = defineSignal('recheck');
/** An event that waits for its turn was withdrawn on record. */
export const cancelEventSignal = defineSignal<[EventNotice]>('cancelEvent');
export const submitDecisionUpdate = defineUpdate<DecisionReceipt, [DecisionId]>('submitDecision');
export const syncProgressQuery = defineQuery<SyncProgress>('progress');
export const statusQuery = defineQuery<PersonStatus>('status');

/** Failure types of a refused `submitDecision`: refused by the rules, or no process waits for this decision. */
export const decisionRefusals = { refused: 'DecisionRefused', notWaiting: 'NotWaiting' } as const;

export interface EventNotice {
  readonly eventId: string;
}

export interface DecisionReceipt {
  readonly decisionId: string;
  readonly approvalId: string;
  readonly state: ApprovalState;
}

/**
 * The start argument of a person's run. Whose run it is, its id says; a run that continues no other one ignores `carried`,
 * since anybody could have made it up.
 */
export interface PersonRunInput {
  readonly carried?: { readonly refused: readonly Refusal[] };
}

/** Something that did not count, and why: a malformed signal, a stale event, a decision by somebody who may not decide. */
export interface Refusal {
  readonly at: string;
  readonly what: string;
  readonly why: string;
}

/** A request as its run follows it. */
export interface ApprovalView extends RequestView {
  readonly state: ApprovalState;
  readonly requestedAt: string;
  readonly deadline: string;
}

/** The result of the `status` query. */
export interface PersonStatus {
  readonly personId: string;
  readonly process: ProcessType;
  readonly phase: Phase;
  readonly event?: Pick<MailboxEvent, 'eventId' | 'kind' | 'occurredAt' | 'effectiveAt' | 'source'>;
  /** Such as `the person to accept the invitation`. */
  readonly waitingFor?: string;
  readonly until?: string;
  /** Why a process is blocked or held, and what a person must do for it to go on. */
  readonly blocked?: { readonly reason: string; readonly advice: string };
  readonly account?: Pick<Account, 'id' | 'status'>;
  readonly desired: readonly Entitlement[];
  readonly approvals: readonly ApprovalView[];
  readonly parts: readonly PartResult[];
  /** Events that wait their turn. */
  readonly mailbox: readonly Pick<MailboxEvent, 'eventId' | 'kind' | 'occurredAt' | 'effectiveAt'>[];
  readonly refused: readonly Refusal[];
  readonly steps: readonly { readonly at: string; readonly text: string }[];
  readonly outcome?: Outcome;
}

export type SyncDepth = 'light' | 'full';

export interface AccessSyncInput {
  readonly depth: SyncDepth;
  /** From the previous run of the chain. */
  readonly carried?: FullSyncState;
}

/** The progress of a full sync, which it shows and carries over when it continues as new. */
export interface FullSyncState {
  readonly startedAt: string;
  /** Index into the steps. */
  readonly step: number;
  /** Where the step continues: a page number, or the id after which to read. */
  readonly page: number;
  readonly after: string;
  readonly pageSize?: number;
  /** How many accounts Datadog counts. */
  readonly expected?: number;
  /** How often the accounts were read: once more where their count did not match. */
  readonly readings: number;
  readonly counts: SyncCounts;
  readonly odd: OddRows;
  readonly kinds: KindStates;
}

export type SyncCounts = Readonly<
  Record<'accounts' | 'pages' | 'roles' | 'teams' | 'added' | 'removed' | 'changed' | 'requests', number>
>;

/** The result of the `progress` query of a full sync. */
export interface SyncProgress {
  /** Such as `accounts`. */
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
  /** Rows of lists that could not be read, or not wholly: how many, and the first of them. */
  readonly odd: OddRows;
}
