import {
  approversAfter,
  askedOf,
  countedDecision,
  isFallbackDue,
  judgeAtOnce,
  judgeDecision,
  stateAfter,
  type Verdict,
} from '../../domain/approvals.ts';
import type { ApprovalState, ApprovalView } from '../../domain/contracts.ts';
import type { HrEvent } from '../../domain/model.ts';
import { records } from '../proxies.ts';
import { ignoreCancellation } from './cancellation.ts';
import type { Mailbox } from './mailbox.ts';
import { isoOf, type Process } from './process.ts';
import { waitFor } from './waits.ts';
import type { ApprovalRequest, CountedDecision, Decision, LapsedDecision } from '../../domain/decision.ts';

/** Requests to approvers for this person, and their decisions. */
export class Approvals {
  readonly #process: Readonly<Process>;
  readonly #mailbox: Readonly<Mailbox>;
  all: readonly ApprovalView[] = [];
  /** All that counted in the chain of runs: nobody is asked twice. */
  decisions: readonly CountedDecision[];
  /** Decisions that count already and are not yet on record. */
  #unrecorded = 0;

  constructor(process: Readonly<Process>, mailbox: Readonly<Mailbox>, decisions: readonly CountedDecision[]) {
    this.#process = process;
    this.#mailbox = mailbox;
    this.decisions = decisions;
  }

  find(approvalId: string): ApprovalView | undefined {
    return this.all.find((one) => one.approvalId === approvalId);
  }

  has({ approvalId }: ApprovalRequest): boolean {
    return this.find(approvalId) !== undefined;
  }

  /** Requests what is not requested yet, and withdraws requests for access that is no longer wanted. */
  async replaceRequests(requests: readonly ApprovalRequest[]): Promise<void> {
    const wanted = new Set(requests.map(({ approvalId }) => approvalId));
    const withdrawn = this.#open.filter(({ approvalId, act }) => act === undefined && !wanted.has(approvalId));
    this.all = this.all.filter((one) => !withdrawn.includes(one));
    await this.#recordWithdrawn(withdrawn);
    await this.request(requests);
  }

  /** Requests what is not requested yet. Decisions made earlier in the chain count. */
  async request(requests: readonly ApprovalRequest[]): Promise<void> {
    const opened = requests
      .filter((request) => !this.has(request))
      .map((request): ApprovalView => {
        const decisions = this.decisions.filter(({ approvalId }) => approvalId === request.approvalId);
        const approvers = approversAfter(request.approvers, decisions);
        return { ...request, approvers, state: stateAfter({ approvers, decisions }), decisions, ...this.#fromNow() };
      });
    this.all = [...this.all, ...opened];
    await this.#publish(opened.filter(({ state }) => state === 'open'));
  }

  /** Decisions that hold no longer are forgotten, and the same is requested once more. */
  async requestAgain(approvalId: string, lapsed: readonly LapsedDecision[]): Promise<void> {
    for (const { decisionId, why } of lapsed) this.#process.refuse(`decision ${decisionId}`, why);
    const holds = ({ decisionId }: CountedDecision) => !lapsed.some((one) => one.decisionId === decisionId);
    this.decisions = this.decisions.filter(holds);
    this.#change(approvalId, ({ decisions }) => ({
      state: 'open',
      decisions: decisions.filter(holds),
      ...this.#fromNow(),
    }));
    await this.#publish(this.all.filter((one) => one.approvalId === approvalId));
  }

  stateOf(approvalId: string): ApprovalState {
    return this.find(approvalId)?.state ?? 'withdrawn';
  }

  /** Decided, and on record: only then is anything assigned because of it. */
  isDecided(approvalId: string): boolean {
    return this.stateOf(approvalId) !== 'open' && this.#unrecorded === 0;
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

  /** What takes no look at the record. */
  judgeAtOnce(decision: Decision): Verdict | undefined {
    const approval = this.find(decision.approvalId);
    return judgeAtOnce(approval, decision, approval === undefined ? { acceptClaimed: false } : this.#mailbox.terms);
  }

  /** Has the proof and the approver looked up, judges, and counts. What does not count changes nothing, and is listed. */
  async decide(decision: Decision): Promise<Verdict> {
    const verdict = await this.#judge(decision);
    if (verdict.kind === 'refused') this.#process.refuse(`${decision.verdict} by ${decision.actor}`, verdict.why);
    return verdict;
  }

  /** The process ends, and with it what it has asked. */
  async withdrawAll(): Promise<void> {
    const open = this.#open;
    for (const { approvalId } of open) this.#change(approvalId, () => ({ state: 'withdrawn' }));
    await this.#recordWithdrawn(open);
  }

  get #open(): readonly ApprovalView[] {
    return this.all.filter(({ state }) => state === 'open');
  }

  #fromNow(): Pick<ApprovalView, 'requestedAt' | 'deadline'> {
    const now = Date.now();
    return { requestedAt: isoOf(now), deadline: isoOf(now + this.#mailbox.terms.times.approvalRejectAfterMs) };
  }

  #change(approvalId: string, change: (approval: ApprovalView) => Partial<ApprovalView>): void {
    this.all = this.all.map((one) => (one.approvalId === approvalId ? { ...one, ...change(one) } : one));
  }

  async #recordWithdrawn(approvals: readonly ApprovalView[]): Promise<void> {
    for (const { approvalId } of approvals) {
      await records.closeApproval(this.#process.personId, approvalId, 'withdrawn');
    }
  }

  async #publish(approvals: readonly ApprovalView[]): Promise<void> {
    if (approvals.length > 0) await records.openApprovals(this.#process.personId, approvals);
    // Followed from when they are requested, whether or not the process waits for them already.
    for (const { approvalId } of approvals) this.#follow(approvalId).catch(ignoreCancellation);
  }

  /** Follows one approval to its end: reminds, brings in the fallback approvers, and rejects when time is up. */
  async #follow(approvalId: string): Promise<void> {
    const approval = this.find(approvalId);
    if (approval === undefined) return;
    const requestedAt = Date.parse(approval.requestedAt);
    const { approvalRemindAfterMs, approvalFallbackAfterMs } = this.#mailbox.terms.times;
    const isClosed = () => this.find(approvalId)?.state !== 'open';
    const closedBy = (at: number, summary: string) => waitFor(isClosed, { at, summary });

    if (await closedBy(requestedAt + approvalRemindAfterMs, 'reminder to the approvers')) return;
    await this.#notify(approvalId, 'approvalReminder');
    if (await closedBy(requestedAt + approvalFallbackAfterMs, 'the fallback approvers')) return;
    await this.#notify(approvalId, 'approvalFallback');
    if (await closedBy(Date.parse(approval.deadline), 'the approval times out')) return;

    // Told before it closes: once it is closed the process may end at any moment.
    await this.#notify(approvalId, 'approvalTimedOut');
    if (isClosed()) return;
    this.#change(approvalId, () => ({ state: 'timedOut' }));
    this.#process.note(`approval ${approvalId} timed out`);
    await records.closeApproval(this.#process.personId, approvalId, 'timedOut');
  }

  async #notify(approvalId: string, kind: 'approvalReminder' | 'approvalFallback' | 'approvalTimedOut'): Promise<void> {
    const approval = this.find(approvalId);
    if (approval === undefined) return;
    const { entitlements, act, deadline } = approval;
    await records.notify({
      kind,
      personId: this.#process.personId,
      to: askedOf(approval, isFallbackDue(approval, this.#mailbox.terms.times, Date.now())),
      details: { approvalId, entitlements, act, until: deadline },
    });
  }

  async #judge(decision: Decision): Promise<Verdict> {
    const asked = this.find(decision.approvalId);
    const atOnce = this.judgeAtOnce(decision);
    const event = this.#mailbox.current;
    if (asked === undefined || event === undefined || atOnce !== undefined) {
      return atOnce ?? { kind: 'refused', why: 'no process waits for it' };
    }
    const review = await records.reviewDecision(this.#process.personId, asked, decision, Date.now());
    // Others may have decided meanwhile.
    const approval = this.find(decision.approvalId);
    const verdict = judgeDecision(approval, decision, review, {
      ...this.#mailbox.terms,
      personIds: this.#identities,
      now: Date.now(),
    });
    if (verdict.kind === 'counts' && approval !== undefined) {
      await this.#count(event, approval, countedDecision(decision, review));
    }
    return verdict;
  }

  /** Every name by which the person is known: nobody decides about their own access under another address. */
  get #identities(): readonly string[] {
    const { personId, account } = this.#process;
    // The handle keeps the first e-mail forever.
    return [personId, ...this.#mailbox.emails, ...(account === undefined ? [] : [account.email, account.handle])];
  }

  /** Counts a decision at once, so that a second one sees it, and waits until it is on record. */
  async #count({ eventId }: HrEvent, approval: ApprovalView, decision: CountedDecision): Promise<void> {
    const decisions = [...approval.decisions, decision];
    const approvers = approversAfter(approval.approvers, [decision]);
    const after = { ...approval, decisions, approvers, state: stateAfter({ decisions, approvers }) };
    this.#change(approval.approvalId, () => after);
    this.decisions = [...this.decisions, decision];
    this.#process.note(`${decision.verdict} by ${decision.actor} (${decision.proof})`);
    this.#unrecorded += 1;
    try {
      await records.recordDecision(this.#process.personId, eventId, decision, after);
    } finally {
      this.#unrecorded -= 1;
    }
  }
}
