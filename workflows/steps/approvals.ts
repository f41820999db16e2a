import { ignoreCancellation } from '../run/cancellation.ts';
import { approversAfter, askedOf, isFallbackDue, stateAfter } from '../../domain/approvals.ts';
import type { ApprovalState, ApprovalView } from '../../domain/contracts.ts';
import type { ApprovalRequest, CountedDecision, LapsedDecision } from '../../domain/model.ts';
import { isoOf, type PersonRun } from '../run/personRun.ts';
import { records } from '../proxies.ts';
import { waitFor } from '../run/waits.ts';

/** Asks for what is not asked yet, and withdraws what is no longer wanted. Decisions made earlier in the chain count. */
export async function askFor(run: PersonRun, requests: readonly ApprovalRequest[]): Promise<void> {
  const wanted = new Set(requests.map(({ approvalId }) => approvalId));
  const withdrawn = run.approvals.filter(
    ({ approvalId, act, state }) => act === undefined && state === 'open' && !wanted.has(approvalId),
  );
  run.approvals = run.approvals.filter((one) => !withdrawn.includes(one));
  for (const { approvalId } of withdrawn) await records.closeApproval(run.personId, approvalId, 'withdrawn');
  await ask(run, requests);
}

/** Asks for what is not asked yet. */
export async function ask(run: PersonRun, requests: readonly ApprovalRequest[]): Promise<void> {
  const now = Date.now();
  const asked = new Set(run.approvals.map(({ approvalId }) => approvalId));
  const opened = requests
    .filter(({ approvalId }) => !asked.has(approvalId))
    .map((request): ApprovalView => {
      const decisions = run.decisions.filter(({ approvalId }) => approvalId === request.approvalId);
      const approval: ApprovalView = {
        ...request,
        approvers: approversAfter(request.approvers, decisions),
        state: 'open',
        requestedAt: isoOf(now),
        deadline: isoOf(now + run.processTimes.approvalRejectAfterMs),
        decisions,
      };
      return { ...approval, state: stateAfter(approval) };
    });
  run.approvals = [...run.approvals, ...opened];
  await open(
    run,
    opened.filter(({ state }) => state === 'open'),
  );
}

/** Decisions that hold no longer are forgotten, and the same is asked once more. */
export async function askAgain(run: PersonRun, approvalId: string, lapsed: readonly LapsedDecision[]): Promise<void> {
  const now = Date.now();
  for (const { decisionId, why } of lapsed) run.refuse(`decision ${decisionId}`, why);
  const holds = ({ decisionId }: CountedDecision) => !lapsed.some((one) => one.decisionId === decisionId);
  run.decisions = run.decisions.filter(holds);
  run.approvals = run.approvals.map((one) =>
    one.approvalId === approvalId
      ? {
          ...one,
          state: 'open',
          requestedAt: isoOf(now),
          deadline: isoOf(now + run.processTimes.approvalRejectAfterMs),
          decisions: one.decisions.filter(holds),
        }
      : one,
  );
  await open(
    run,
    run.approvals.filter((one) => one.approvalId === approvalId),
  );
}

async function open(run: PersonRun, approvals: readonly ApprovalView[]): Promise<void> {
  if (approvals.length > 0) await records.openApprovals(run.personId, approvals);
  // Followed from when they are asked, whether or not the process waits for them already.
  for (const { approvalId } of approvals) follow(run, approvalId).catch(ignoreCancellation);
}

/** Decided, and on record: what is assigned on the strength of a decision is assigned after that. */
export const isDecided = (run: PersonRun, approvalId: string): boolean =>
  stateOf(run, approvalId) !== 'open' && run.unrecorded === 0;

/** How the approval ends, whenever that is. */
export async function decided(run: PersonRun, approvalId: string): Promise<ApprovalState> {
  await waitFor(() => isDecided(run, approvalId));
  return stateOf(run, approvalId);
}

const stateOf = (run: PersonRun, approvalId: string): ApprovalState =>
  run.approvals.find((one) => one.approvalId === approvalId)?.state ?? 'withdrawn';

/** Follows one approval to its end: reminds, brings in the fallback approvers, and rejects when time is up. */
async function follow(run: PersonRun, approvalId: string): Promise<void> {
  const find = () => run.approvals.find((one) => one.approvalId === approvalId);
  const isClosed = () => find()?.state !== 'open';
  const asked = find();
  if (asked === undefined) return;
  const requestedAt = Date.parse(asked.requestedAt);
  const { approvalRemindAfterMs, approvalFallbackAfterMs } = run.processTimes;
  const closedBy = (at: number, summary: string) => waitFor(isClosed, { at, summary });

  if (await closedBy(requestedAt + approvalRemindAfterMs, 'reminder to the approvers')) return;
  await notifyApprovers(run, find() ?? asked, 'approvalReminder');
  if (await closedBy(requestedAt + approvalFallbackAfterMs, 'the fallback approvers')) return;
  await notifyApprovers(run, find() ?? asked, 'approvalFallback');
  if (await closedBy(Date.parse(asked.deadline), 'the approval times out')) return;

  // Told before it closes: once it is closed the process may end at any moment.
  await notifyApprovers(run, find() ?? asked, 'approvalTimedOut');
  if (isClosed()) return;
  run.approvals = run.approvals.map((one) => (one.approvalId === approvalId ? { ...one, state: 'timedOut' } : one));
  run.note(`approval ${approvalId} timed out`);
  await records.closeApproval(run.personId, approvalId, 'timedOut');
}

async function notifyApprovers(
  run: PersonRun,
  approval: ApprovalView,
  kind: 'approvalReminder' | 'approvalFallback' | 'approvalTimedOut',
): Promise<void> {
  const { approvalId, entitlements, act, deadline } = approval;
  await records.notify({
    kind,
    personId: run.personId,
    to: askedOf(approval, isFallbackDue(approval, run.processTimes, Date.now())),
    details: { approvalId, entitlements, ...(act === undefined ? {} : { act }), until: deadline },
  });
}
