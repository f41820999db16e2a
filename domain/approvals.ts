import type { ProcessTimes } from './model.ts';
import { isSameText } from './text.ts';
import type {
  AccountChange,
  ApprovalState,
  ApproverSet,
  CountedDecision,
  Decision,
  DecisionReview,
  Identity,
  RecordedApproval,
  RequestView,
} from './decision.ts';

/** Rules about who may decide: pure functions over what was read before. */

export type Verdict =
  | { readonly kind: 'counts' }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'refused'; readonly why: string };

export interface DecisionContext {
  /** Whether a decision counts if its sender is only claimed: anybody who reaches Temporal can send one. */
  readonly acceptClaimed: boolean;
  readonly times: Pick<ProcessTimes, 'approvalFallbackAfterMs'>;
  readonly now: number;
}

const overlap = (left: readonly string[], right: readonly string[]): boolean =>
  left.some((one) => right.some((other) => isSameText(one, other)));

/** The verdict that needs no knowledge of the actor; undefined where the decision has to be reviewed first. */
export function judgeAtOnce(
  approval: RecordedApproval | undefined,
  decision: Decision,
  { acceptClaimed }: Pick<DecisionContext, 'acceptClaimed'>,
): Verdict | undefined {
  if (approval === undefined) return refused('no approval with this id is open; it was closed, or the access changed');
  if (approval.decisions.some((earlier) => earlier.decisionId === decision.decisionId)) return { kind: 'repeat' };
  if (approval.state !== 'open') return refused(`it came late: the approval is ${approval.state} already`);
  if (decision.attestation === undefined && !acceptClaimed) {
    return refused(`${decision.actor} is only claimed: the policy's approvals.acceptClaimed is false`);
  }
  return undefined;
}

export function judgeDecision(
  approval: RecordedApproval | undefined,
  decision: Decision,
  review: DecisionReview,
  context: DecisionContext,
): Verdict {
  const atOnce = judgeAtOnce(approval, decision, context);
  if (approval === undefined || atOnce !== undefined) return atOnce ?? refused('it is not open');
  if (review.proof === 'invalid') return refused(review.why ?? 'its proof is not valid');
  const { actor } = review;
  const { subject } = review;
  if (overlap([...actor.known, ...actor.names], subject)) return refused('nobody decides about their own access');
  if (actor.gone !== undefined) return refused(`${decision.actor} cannot decide: ${actor.gone}`);
  if (decision.verdict === 'reassign') return judgeReassignment(approval, review, subject);
  if (hasDecided(approval, decision, actor)) return refused(`${decision.actor} has decided already`);
  if (!mayDecide(approval, review, subject, context)) {
    const approvers = describeApprovers(approval, isFallbackOpen(approval, review, subject, context));
    return refused(`${decision.actor} is not among its approvers (${approvers})`);
  }
  return { kind: 'counts' };
}

/** An administrator may reassign an approval, but not to the person whose access it is. */
function judgeReassignment(
  approval: RecordedApproval,
  { proof, isAdmin, to }: DecisionReview,
  subject: readonly string[],
): Verdict {
  if (proof === 'attested' && !isAdmin) return refused('only an admin token reassigns an approval');
  if (to.some((one) => overlap([...one.known, ...one.names], subject))) {
    return refused('nobody decides about their own access');
  }
  const gone = to.find((one) => one.gone !== undefined);
  if (gone !== undefined) return refused(`${gone.names[0]} cannot decide: ${gone.gone}`);
  const { quorum } = approval.approvers;
  const approved = approval.decisions.filter(({ verdict }) => verdict === 'approve').length;
  if (distinct(to) + approved < quorum) {
    return refused(`it takes ${quorum} approvers, ${approved} approved it: name ${quorum - approved} with --to`);
  }
  return { kind: 'counts' };
}

/** Two names of one person are one approver. */
const distinct = (identities: readonly Identity[]): number =>
  identities.filter((one, index) => !identities.slice(0, index).some((earlier) => overlap(one.known, earlier.known)))
    .length;

const hasDecided = (approval: RecordedApproval, decision: Decision, actor: Identity): boolean =>
  approval.decisions
    .filter(({ verdict }) => verdict !== 'reassign')
    .some((earlier) => overlap([earlier.actor, earlier.personId ?? earlier.actor], [decision.actor, ...actor.known]));

function mayDecide(
  approval: RecordedApproval,
  review: DecisionReview,
  subject: readonly string[],
  context: DecisionContext,
): boolean {
  const { approvers } = approval;
  const { names } = review.actor;
  if (overlap(approvers.people, names)) return true;
  if (approvers.manager && review.manager !== undefined && overlap(review.manager.names, names)) return true;
  return isFallbackOpen(approval, review, subject, context) && overlap(approvers.fallback, names);
}

/** The fallback may decide too after `fallbackAfterMs`, and at once where the manager or every other approver cannot. */
function isFallbackOpen(
  approval: RecordedApproval,
  { people, manager, managerGone }: DecisionReview,
  subject: readonly string[],
  { times, now }: DecisionContext,
): boolean {
  if (approval.approvers.manager && managerGone !== undefined) return true;
  const others = [...people, ...(manager === undefined ? [] : [manager])];
  const eligible = others.filter((one) => one.gone === undefined && !overlap([...one.known, ...one.names], subject));
  return eligible.length === 0 || isFallbackDue(approval, times, now);
}

/** Whether the fallback approvers are notified as well, judged by the request alone. */
export function isFallbackDue(
  { requestedAt, approvers, managerGone }: Pick<RecordedApproval, 'requestedAt' | 'approvers' | 'managerGone'>,
  { approvalFallbackAfterMs }: Pick<ProcessTimes, 'approvalFallbackAfterMs'>,
  now: number,
): boolean {
  if (approvers.manager && managerGone !== undefined) return true;
  return now - Date.parse(requestedAt) >= approvalFallbackAfterMs;
}

/** The people who are notified: e-mails and personIds. */
export function askedOf(
  { approvers, managerIds, managerGone }: Pick<RecordedApproval, 'approvers' | 'managerIds' | 'managerGone'>,
  withFallback: boolean,
): readonly string[] {
  return [
    ...approvers.people,
    ...(approvers.manager && managerGone === undefined ? managerIds : []),
    ...(withFallback ? approvers.fallback : []),
  ];
}

function describeApprovers({ approvers, managerIds }: RecordedApproval, withFallback: boolean): string {
  const managers = approvers.manager ? managerIds.map((id) => `manager ${id}`) : [];
  return [...approvers.people, ...managers, ...(withFallback ? approvers.fallback : [])].join(', ');
}

/** What an approval is for, in words: `email` where it is about a new one. */
export function actWords({ change, accountId }: AccountChange, email?: string): string {
  if (change === 'enable') return `enable account ${accountId}, which somebody else has disabled`;
  return `change the e-mail of account ${accountId}${email === undefined ? '' : ` to ${email}`}`;
}

/** What an approval is for, in words, without personal data. */
export const subjectOf = ({ about, entitlements }: Pick<RequestView, 'about' | 'entitlements'>): string =>
  about === undefined ? entitlements.map(({ kind, name }) => `${kind} ${name}`).join(', ') : actWords(about);

/** A request that the policy lets nobody decide. */
export const isUndecidable = ({ isUndecidable: nobody }: Pick<RequestView, 'isUndecidable'>): boolean =>
  nobody === true;

/** Whether such approvers decide nothing. */
export const isNobody = ({ manager, people, fallback }: ApproverSet): boolean =>
  !manager && people.length === 0 && fallback.length === 0;

/** One rejection rejects; `quorum` approvals approve. */
export function stateAfter({ decisions, approvers }: Pick<RecordedApproval, 'decisions' | 'approvers'>): ApprovalState {
  if (decisions.some((decision) => decision.verdict === 'reject')) return 'rejected';
  const approved = decisions.filter((decision) => decision.verdict === 'approve').length;
  return approved >= approvers.quorum ? 'approved' : 'open';
}

/** After a reassignment the new approvers replace the named ones and the manager. The fallback stays. */
export function approversAfter(approvers: ApproverSet, decisions: readonly CountedDecision[]): ApproverSet {
  const last = decisions.findLast(({ verdict }) => verdict === 'reassign');
  return last?.to === undefined ? approvers : { ...approvers, people: last.to, manager: false };
}

/** The decision as it is recorded: how its actor is known, without the proof itself. */
export function countedDecision({ attestation, ...decision }: Decision, review: DecisionReview): CountedDecision {
  const { personId } = review.actor;
  return {
    ...decision,
    proof: attestation === undefined ? 'claimed' : 'attested',
    personId,
    tokenId: review.tokenId,
  };
}

function refused(why: string): Verdict {
  return { kind: 'refused', why };
}
