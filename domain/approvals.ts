import type { ProcessTimes } from './model.ts';
import { isSameName } from './pins.ts';
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

/** Whether both are one person, or one name that no known person has. Ids are compared exactly. */
const isSame = (one: Identity, other: Identity): boolean =>
  one.personId === undefined && other.personId === undefined
    ? isSameName(one.name, other.name)
    : one.personId === other.personId;

/** Whether they may be one person: two records that share an e-mail count as one where somebody must not decide. */
export const mayBeSame = (one: Identity, other: Identity): boolean =>
  isSame(one, other) ||
  [one.name, ...one.emails].some((name) => [other.name, ...other.emails].some((also) => isSameName(name, also)));

/** The verdict that needs no knowledge of the actor; undefined where the decision has to be reviewed first. */
function judgeAtOnce(
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
  const { actor, subject } = review;
  if (mayBeSame(actor, subject)) return refused('nobody decides about their own access');
  if (actor.gone !== undefined) return refused(`${decision.actor} cannot decide: ${actor.gone}`);
  if (decision.verdict === 'reassign') return judgeReassignment(approval, review);
  if (hasActed(approval, actor, 'reassigned')) return refused('who has reassigned a request does not decide it');
  if (hasActed(approval, actor, 'decided')) return refused(`${decision.actor} has decided already`);
  if (!mayDecide(approval, review, context)) {
    const approvers = describeApprovers(approval, isFallbackOpen(approval, review, context));
    return refused(`${decision.actor} is not among its approvers (${approvers})`);
  }
  return { kind: 'counts' };
}

/** An administrator may reassign an approval, but not to the person whose access it is, and not to themselves. */
function judgeReassignment(
  approval: RecordedApproval,
  { proof, isAdmin, actor, subject, to }: DecisionReview,
): Verdict {
  if (proof === 'attested' && !isAdmin) return refused('only an admin token reassigns an approval');
  if (to.some((one) => mayBeSame(one, subject))) return refused('nobody decides about their own access');
  if (to.some((one) => mayBeSame(one, actor))) return refused('who reassigns a request does not decide it');
  const gone = to.find((one) => one.gone !== undefined);
  if (gone !== undefined) return refused(`${gone.name} cannot decide: ${gone.gone}`);
  const { quorum } = approval.approvers;
  const approved = approval.decisions.filter(({ verdict }) => verdict === 'approve').length;
  if (distinct(to) + approved < quorum) {
    return refused(`it takes ${quorum} approvers, ${approved} approved it: name ${quorum - approved} with --to`);
  }
  return { kind: 'counts' };
}

/** Two names of one person are one approver. */
const distinct = (identities: readonly Identity[]): number =>
  identities.filter((one, index) => !identities.slice(0, index).some((earlier) => mayBeSame(one, earlier))).length;

/** Under any name. */
const hasActed = (
  { decisions }: Pick<RecordedApproval, 'decisions'>,
  actor: Identity,
  act: 'decided' | 'reassigned',
): boolean =>
  decisions
    .filter(({ verdict }) => (verdict === 'reassign') === (act === 'reassigned'))
    .some(({ actor: name, personId }) => mayBeSame({ name, personId, emails: [], isKnown: true }, actor));

function mayDecide(approval: RecordedApproval, review: DecisionReview, context: DecisionContext): boolean {
  const { actor, people, manager, fallback } = review;
  const isActor = (one: Identity): boolean => isSame(one, actor);
  if (people.some(isActor)) return true;
  if (approval.approvers.manager && manager !== undefined && isActor(manager)) return true;
  return isFallbackOpen(approval, review, context) && fallback.some(isActor);
}

/** The fallback may decide too after `fallbackAfterMs`, and at once where the manager or every other approver cannot. */
function isFallbackOpen(
  approval: RecordedApproval,
  { people, manager, managerGone, subject }: DecisionReview,
  { times, now, acceptClaimed }: DecisionContext,
): boolean {
  if (approval.approvers.manager && managerGone !== undefined) return true;
  const others = [...people, ...(manager === undefined ? [] : [manager])];
  const eligible = others.filter(
    // A name that no known person has decides by a claim alone.
    (one) => one.gone === undefined && (one.personId !== undefined || acceptClaimed) && !mayBeSame(one, subject),
  );
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
  {
    approvers,
    managerSaid,
    managerId = managerSaid,
    managerGone,
  }: Pick<RecordedApproval, 'approvers' | 'managerSaid' | 'managerId' | 'managerGone'>,
  withFallback: boolean,
): readonly string[] {
  return [
    ...approvers.people,
    ...(approvers.manager && managerGone === undefined && managerId !== undefined ? [managerId] : []),
    ...(withFallback ? approvers.fallback : []),
  ];
}

function describeApprovers(
  { approvers, managerSaid, managerId = managerSaid }: RecordedApproval,
  withFallback: boolean,
): string {
  const managers = approvers.manager && managerId !== undefined ? [`manager ${managerId}`] : [];
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
  return last?.passedTo === undefined ? approvers : { ...approvers, people: last.passedTo, manager: false };
}

/** The decision as it is recorded: how its actor is known, without the proof itself. */
export function countedDecision({ attestation, ...decision }: Decision, review: DecisionReview): CountedDecision {
  const { personId } = review.actor;
  return {
    ...decision,
    proof: attestation === undefined ? 'claimed' : 'attested',
    personId,
    tokenId: review.tokenId,
    ...(decision.to === undefined ? {} : { passedTo: review.to.map((one) => one.personId ?? one.name) }),
  };
}

function refused(why: string): Verdict {
  return { kind: 'refused', why };
}
