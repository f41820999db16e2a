import { workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { ApprovalView } from '../../domain/contracts.ts';
import type { ApprovalState, Decision, DecisionId, LapsedDecision, RequestView } from '../../domain/decision.ts';
import { records } from '../proxies.ts';
import { ignoreCancellation } from './cancellation.ts';
import type { Mailbox } from './mailbox.ts';
import { isoOf, type Process } from './process.ts';
import { waitFor } from './waits.ts';

type Judged = Awaited<ReturnType<Activities['decide']>>;

/** Requests to approvers for this person: who may decide, and who decided what, stands on record. */
export class Approvals {
  readonly #process: Readonly<Process>;
  readonly #mailbox: Readonly<Mailbox>;
  all: readonly ApprovalView[] = [];

  constructor(process: Readonly<Process>, mailbox: Readonly<Mailbox>) {
    this.#process = process;
    this.#mailbox = mailbox;
  }

  find(approvalId: string): ApprovalView | undefined {
    return this.all.find((one) => one.approvalId === approvalId);
  }

  /** Requests what is not requested yet, and withdraws requests for access that is no longer wanted. */
  async replaceRequests(requests: readonly RequestView[]): Promise<void> {
    const wanted = new Set(requests.map(({ approvalId }) => approvalId));
    const withdrawn = this.#open.filter(({ approvalId, about }) => about === undefined && !wanted.has(approvalId));
    this.all = this.all.filter((one) => !withdrawn.includes(one));
    for (const approval of withdrawn) await this.#close(approval, 'withdrawn');
    await this.request(requests);
  }

  /** Requests what is not requested yet. What was decided earlier in the chain of runs counts. */
  async request(requests: readonly RequestView[]): Promise<void> {
    const asked = requests.filter(({ approvalId }) => this.find(approvalId) === undefined);
    if (asked.length === 0) return;
    const { firstExecutionRunId: chain } = workflowInfo();
    const opened = await records.openApprovals(this.#whose, asked, { chain, at: isoOf(Date.now()) });
    for (const approval of opened) this.#show(approval);
  }

  /** Decisions that hold no longer are forgotten, and the same is requested once more. */
  async requestAgain(approvalId: string, lapsed: readonly LapsedDecision[]): Promise<void> {
    for (const { decisionId, why } of lapsed) this.#process.refuse(`decision ${decisionId}`, why);
    const opened = await records.reopenApproval(this.#keyOf(approvalId), isoOf(Date.now()));
    if (opened !== undefined) this.#show(opened);
  }

  stateOf(approvalId: string): ApprovalState {
    return this.find(approvalId)?.state ?? 'withdrawn';
  }

  isDecided(approvalId: string): boolean {
    return this.stateOf(approvalId) !== 'open';
  }

  /** How the approval ends, whenever that is. */
  async decided(approvalId: string): Promise<ApprovalState> {
    await waitFor(() => this.isDecided(approvalId));
    return this.stateOf(approvalId);
  }

  /** Shows that the process waits for approvers, and until when. */
  async showWait(): Promise<void> {
    const open = this.#open;
    if (open.length === 0) return;
    const until = Math.min(...open.map(({ deadline }) => Date.parse(deadline)));
    await this.#process.enter('waitingForApproval', `${open.length} approval(s)`, until);
  }

  /** Has the decision judged by the record, which counts it. What does not count changes nothing, and is listed. */
  async decide(said: Decision | DecisionId): Promise<Judged> {
    const { decisionId, approvalId } = said;
    const what = `decision ${decisionId}`;
    if (this.#mailbox.current === undefined || this.find(approvalId) === undefined) {
      this.#process.refuse(what, 'no process waits for it');
      return { verdict: 'refused', why: 'no process waits for it' };
    }
    const judged = await records.decide(this.#whose, said, isoOf(Date.now()));
    const { verdict, why = 'it does not count', state } = judged;
    const approval = this.find(approvalId);
    if (verdict === 'refused') this.#process.refuse(what, why);
    else if (approval !== undefined && state !== undefined) {
      this.#put({ ...approval, state });
      this.#process.note(`${what} counts: approval ${approvalId} is ${state}`);
    }
    return judged;
  }

  /** The process ends, and with it what it has asked. */
  async withdrawAll(): Promise<void> {
    for (const approval of this.#open) {
      this.#put({ ...approval, state: 'withdrawn' });
      await this.#close(approval, 'withdrawn');
    }
  }

  get #open(): readonly ApprovalView[] {
    return this.all.filter(({ state }) => state === 'open');
  }

  get #whose() {
    return { personId: this.#process.personId, eventId: this.#mailbox.event.eventId };
  }

  #keyOf(approvalId: string) {
    return { personId: this.#process.personId, approvalId };
  }

  #put(approval: ApprovalView): void {
    const others = this.all.filter(({ approvalId }) => approvalId !== approval.approvalId);
    this.all = [...others, approval];
  }

  /** Followed from when it is requested, whether or not the process waits for it already. */
  #show(approval: ApprovalView): void {
    this.#put(approval);
    if (approval.state === 'open') this.#follow(approval).catch(ignoreCancellation);
  }

  async #close({ approvalId }: ApprovalView, state: 'withdrawn' | 'timedOut'): Promise<void> {
    await records.closeApproval(this.#keyOf(approvalId), state, isoOf(Date.now()));
  }

  /** Follows one approval to its end: reminds, brings in the fallback approvers, and rejects when time is up. */
  async #follow(approval: ApprovalView): Promise<void> {
    const { approvalId, deadline } = approval;
    const { approvalRemindAfterMs, approvalFallbackAfterMs, approvalRejectAfterMs } = this.#mailbox.terms.times;
    const until = Date.parse(deadline);
    const openedAt = until - approvalRejectAfterMs;
    const isOver = () => {
      const now = this.find(approvalId);
      return now?.state !== 'open' || now.deadline !== deadline;
    };
    const overBy = (at: number, summary: string) => waitFor(isOver, { at, summary });
    const remind = (kind: 'approvalReminder' | 'approvalFallback' | 'approvalTimedOut') =>
      records.remindApprovers(this.#keyOf(approvalId), kind, isoOf(Date.now()));

    if (await overBy(openedAt + approvalRemindAfterMs, 'reminder to the approvers')) return;
    await remind('approvalReminder');
    if (await overBy(openedAt + approvalFallbackAfterMs, 'the fallback approvers')) return;
    await remind('approvalFallback');
    if (await overBy(until, 'the approval times out')) return;

    // Told before it closes: once it is closed the process may end at any moment.
    await remind('approvalTimedOut');
    if (isOver()) return;
    this.#put({ ...approval, state: 'timedOut' });
    this.#process.note(`approval ${approvalId} timed out`);
    await this.#close(approval, 'timedOut');
  }
}
