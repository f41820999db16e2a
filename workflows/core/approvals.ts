import type { ApprovalState, ApprovalView } from './contracts.ts';
import type { Decision, ProcessTimes } from './model.ts';

/** Who may decide, judged without asking anybody. */

export type Verdict =
  | { readonly kind: 'counts' }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'refused'; readonly why: string };

export interface DecisionContext extends ApproverContext {
  /** Whether a decision counts whose sender is only claimed: anybody who reaches Temporal can send one. */
  readonly acceptClaimed: boolean;
}

export interface ApproverContext {
  /** The personId and every known e-mail of the person whose access it is. */
  readonly personIds: readonly string[];
  readonly times: Pick<ProcessTimes, 'approvalFallbackAfterMs'>;
  readonly now: number;
}

const fold = (identity: string): string => identity.trim().toLowerCase();
const includes = (identities: readonly string[], actor: string): boolean => identities.map(fold).includes(fold(actor));

export function judgeDecision(
  approval: ApprovalView | undefined,
  decision: Decision,
  context: DecisionContext,
): Verdict {
  if (approval === undefined) return refused('no approval with this id is open; it was closed, or the access changed');
  if (approval.decisions.some((earlier) => earlier.decisionId === decision.decisionId)) return { kind: 'repeat' };
  if (approval.state !== 'open') return refused(`it came late: the approval is ${approval.state} already`);
  if (!context.acceptClaimed) {
    return refused(`${decision.actor} is only claimed: the policy's approvals.acceptClaimed is false`);
  }
  if (includes(context.personIds, decision.actor)) return refused('nobody decides about their own access');
  if (approval.decisions.some((earlier) => fold(earlier.actor) === fold(decision.actor))) {
    return refused(`${decision.actor} has decided already`);
  }
  if (!mayDecide(approval, decision.actor, context)) {
    return refused(`${decision.actor} is not among its approvers (${describeApprovers(approval, context)})`);
  }
  return { kind: 'counts' };
}

function mayDecide(approval: ApprovalView, actor: string, context: ApproverContext): boolean {
  const { approvers, managerIds } = approval;
  if (includes(approvers.people, actor)) return true;
  if (approvers.manager && includes(managerIds, actor)) return true;
  return isFallbackOpen(approval, context) && includes(approvers.fallback, actor);
}

/** The fallback decides too after a while, and at once where no other approver but the person could. */
export function isFallbackOpen(approval: ApprovalView, context: ApproverContext): boolean {
  const others = [...approval.approvers.people, ...(approval.approvers.manager ? approval.managerIds : [])];
  const eligible = others.filter((identity) => !includes(context.personIds, identity));
  const waitedMs = context.now - Date.parse(approval.requestedAt);
  return eligible.length === 0 || waitedMs >= context.times.approvalFallbackAfterMs;
}

export function describeApprovers(approval: ApprovalView, context: ApproverContext): string {
  const names = [
    ...approval.approvers.people,
    ...(approval.approvers.manager ? approval.managerIds.map((id) => `manager ${id}`) : []),
    ...(isFallbackOpen(approval, context) ? approval.approvers.fallback : []),
  ];
  return names.join(', ');
}

/** One rejection rejects; `quorum` approvals approve. */
export function stateAfter(approval: ApprovalView): ApprovalState {
  if (approval.decisions.some((decision) => decision.verdict === 'reject')) return 'rejected';
  const approved = approval.decisions.filter((decision) => decision.verdict === 'approve').length;
  return approved >= approval.approvers.quorum ? 'approved' : 'open';
}

function refused(why: string): Verdict {
  return { kind: 'refused', why };
}
