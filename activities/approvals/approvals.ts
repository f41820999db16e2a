import type { ApprovalView } from '../../domain/contracts.ts';
import {
  approversAfter,
  askedOf,
  countedDecision,
  isFallbackDue,
  judgeDecision,
  stateAfter,
  type Verdict,
} from '../../domain/approvals.ts';
import type { Because } from '../../domain/evidence.ts';
import { requestInForce } from '../../policy/requests.ts';
import { identify, identifyApprover, identifyManager } from './deciders.ts';
import { policyNames } from '../../domain/pins.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { provenBy } from './proof.ts';
import type { Attestor } from '../../auth/attestation.ts';
import type { Dependencies } from '../dependencies.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import type {
  ApprovalRequest,
  ApprovalState,
  Decision,
  DecisionId,
  DecisionReview,
  Identity,
  RequestView,
} from '../../domain/decision.ts';
import { withoutAddresses } from '../../domain/text.ts';
import { refuseAsNotOwed } from '../person/refusals.ts';
import { lapsedDecisions } from '../person/stillAllowed.ts';
import { requiredWord, toldAt } from '../person/word.ts';

interface Means extends Pick<Dependencies, 'inventory' | 'notify' | 'policy'> {
  readonly attestations: Pick<Attestor, 'verify'>;
}
type Proof = Pick<DecisionReview, 'proof' | 'why' | 'tokenId' | 'isAdmin'>;
type ApprovalKey = Pick<ApprovalRow, 'personId' | 'approvalId'>;
type WhoseEvent = Pick<Because, 'personId' | 'eventId'>;

/** What became of a decision. Why one is refused stands on record with all names, here without addresses. */
export interface Judged {
  readonly verdict: Verdict['kind'];
  readonly why?: string;
  readonly state?: ApprovalState;
}

/** Requests to approvers and their decisions. Both stand on record; a process knows what a request is for, and how it stands. */
export function createApprovalActivities(means: Means) {
  const { inventory, notify, policy } = means;

  return {
    /** Makes the requests that their chain of runs has not made yet. Who may decide is read from the policy in force. */
    openApprovals: (
      whose: WhoseEvent,
      requests: readonly RequestView[],
      { chain, at }: { readonly chain: string; readonly at: string },
    ): Promise<readonly ApprovalView[]> => open(means, whose, requests, { chain, at: toldAt(at) }),

    /** The decisions that hold no longer, by the record, count no more, and the request is open again. */
    reopenApproval: (key: ApprovalKey, at: string): Promise<ApprovalView | undefined> => reopen(means, key, toldAt(at)),

    /**
     * Judges a decision by what is on record at this moment, and counts it, with its evidence, in one transaction. `said` is
     * the id of a decision on record, or what somebody typed into a signal.
     */
    decide: (whose: WhoseEvent, said: Decision | DecisionId, at: string): Promise<Judged> =>
      decide(means, whose, said, toldAt(at)),

    /** A request is approved and rejected by decisions alone, and has its time. */
    async closeApproval(key: ApprovalKey, state: 'withdrawn' | 'timedOut', saidAt: string): Promise<void> {
      const at = toldAt(saidAt);
      const isOver = state === 'timedOut' && ((await inventory.findApproval(key))?.deadline ?? at) <= at;
      if (isOver || state === 'withdrawn') await inventory.closeApproval(key, state, at);
    },

    async remindApprovers(
      key: ApprovalKey,
      kind: 'approvalReminder' | 'approvalFallback' | 'approvalTimedOut',
      at: string,
    ): Promise<void> {
      const row = await inventory.findApproval(key);
      if (row?.state !== 'open') return;
      const { personId, approvalId, entitlements, act, deadline } = row;
      const to = askedOf(row, isFallbackDue(row, policy().times, Date.parse(toldAt(at))));
      notify.send({ kind, personId, to, details: { approvalId, entitlements, act, until: deadline } });
    },
  };
}

async function open(
  means: Means,
  whose: WhoseEvent,
  requests: readonly RequestView[],
  { chain, at }: { readonly chain: string; readonly at: string },
): Promise<readonly ApprovalView[]> {
  const { inventory, notify, policy } = means;
  const { personId } = whose;
  await refuseUnlessOpen(means, whose, at);
  const word = await requiredWord(means, whose, at);
  const deadline = deadlineAfter(means, at);
  await pinApprovers(inventory, policy(), at);
  const opened: ApprovalView[] = [];
  for (const asked of requests) {
    const request = await withManager(means, personId, requestInForce(policy(), personId, asked, word), at);
    const { row, isNew } = await inventory.openApproval({ ...request, personId, chain, requestedAt: at, deadline });
    if (isNew) announce(notify, row);
    opened.push(viewOf(row));
  }
  return opened;
}

async function reopen(means: Means, key: ApprovalKey, at: string): Promise<ApprovalView | undefined> {
  const { inventory, notify, policy } = means;
  const row = await inventory.findApproval(key);
  if (row === undefined) return undefined;
  const lapsed = row.state === 'approved' ? await lapsedDecisions(inventory, row) : [];
  if (lapsed.length === 0) return viewOf(row);
  await pinApprovers(inventory, policy(), at);
  const deadline = deadlineAfter(means, at);
  await inventory.lapseDecisions(row, { decisionIds: lapsed.map(({ decisionId }) => decisionId), at, deadline });
  announce(notify, { ...row, deadline });
  return viewOf({ ...row, state: 'open', deadline });
}

/** Nobody is asked because of an event that is over. */
async function refuseUnlessOpen({ inventory }: Means, because: WhoseEvent, at: string): Promise<void> {
  const { personId, eventId } = because;
  const row = await inventory.findEvent(eventId);
  if (row?.event.personId === personId && row.outcome === undefined) return;
  const asked = { step: 'openApprovals', action: 'ask for an approval', isExplained: false };
  await refuseAsNotOwed(inventory, { because, ...asked, why: `event ${eventId} waits for nothing`, at });
}

const deadlineAfter = ({ policy }: Pick<Means, 'policy'>, at: string): string =>
  new Date(Date.parse(at) + policy().times.approvalRejectAfterMs).toISOString();

const viewOf = (row: ApprovalRow): ApprovalView => {
  const { approvalId, entitlements, about, rules, privileged, isUndecidable, state, requestedAt, deadline } = row;
  return { approvalId, entitlements, about, rules, privileged, isUndecidable, state, requestedAt, deadline };
};

/** A name that nobody had when the policy was accepted means whoever has come with it since. */
async function pinApprovers(inventory: Means['inventory'], policy: Policy, at: string): Promise<void> {
  const pinned = new Set((await inventory.listPins('approver')).filter(({ id }) => id).map(({ name }) => name));
  const open = policyNames(policy).filter(({ use, name }) => use === 'approver' && !pinned.has(name));
  if (open.length > 0) await inventory.pinNames(open, { policyHash: policy.hash, at });
}

/** The manager that HR names now, kept by personId, or why the fallback decides in their stead. */
async function withManager(
  { inventory, policy }: Means,
  personId: string,
  request: ApprovalRequest,
  at: string,
): Promise<ApprovalRequest> {
  if (!request.approvers.manager) return request;
  const now = Date.parse(at);
  const until = now + policy().times.approvalRejectAfterMs;
  const subject = await identify(inventory, personId, now);
  const name = request.managerSaid;
  const { manager, managerGone } = await identifyManager(inventory, { name, subject, until, now });
  return { ...request, managerId: manager?.personId, managerGone };
}

function announce(notify: Means['notify'], row: ApprovalRow): void {
  const { personId, approvalId, entitlements, act, privileged, deadline, approvers, managerGone } = row;
  const withFallback = approvers.manager && managerGone !== undefined;
  notify.send({
    kind: 'approvalRequested',
    personId,
    to: askedOf(row, withFallback),
    details: { approvalId, entitlements, act, privileged, until: deadline },
  });
}

async function decide(
  means: Means,
  { personId, eventId }: WhoseEvent,
  said: Decision | DecisionId,
  at: string,
): Promise<Judged> {
  const { inventory } = means;
  const { decisionId, approvalId } = said;
  const decision = 'verdict' in said ? said : (await inventory.findSubmission(personId, decisionId))?.decision;
  const asked = await inventory.findApproval({ personId, approvalId });
  const state = asked?.state;
  if (asked?.decisions.some((one) => one.decisionId === decisionId) === true) return { verdict: 'repeat', state };
  if (decision?.approvalId !== approvalId) return { verdict: 'refused', why: 'it is not on record', state };
  const judged = await judge(means, { personId, eventId }, decision, at);
  await inventory.endSubmission(personId, decisionId, judged.why);
  const why = judged.why && withoutAddresses(judged.why);
  return { verdict: judged.kind, why, state: judged.row?.state };
}

async function judge(
  means: Means,
  { personId, eventId }: WhoseEvent,
  decision: Decision,
  at: string,
): Promise<{ readonly kind: Verdict['kind']; readonly why?: string; readonly row?: ApprovalRow }> {
  const { inventory, notify, policy } = means;
  const key = { personId, approvalId: decision.approvalId };
  const asked = await inventory.findApproval(key);
  if (asked === undefined) return { kind: 'refused', why: 'no approval with this id is open' };
  const review = await reviewDecision(means, asked, decision, Date.parse(at));
  const { times, approvals } = policy();
  const context = { times, acceptClaimed: approvals.acceptClaimed, now: Date.parse(at) };
  return inventory.inTransaction(async (trx) => {
    // Others may have decided meanwhile.
    const row = await trx.findApproval(key);
    const verdict = judgeDecision(row, decision, review, context);
    if (verdict.kind !== 'counts' || row === undefined) {
      return { kind: verdict.kind, row, why: verdict.kind === 'refused' ? verdict.why : undefined };
    }
    const counted = countedDecision(decision, review);
    const decisions = [...row.decisions, { ...counted, at }];
    const approvers = approversAfter(row.approvers, [counted]);
    const after = { ...row, decisions, approvers, state: stateAfter({ decisions, approvers }) };
    await trx.recordDecision(row, { decision: { ...counted, at }, attestation: decision.attestation }, after);
    const { entitlements, act, deadline } = row;
    const { decisionId, approvalId, verdict: action, actor, reason, proof, tokenId, to, passedTo } = counted;
    await trx.appendEvidence({
      personId,
      eventId,
      step: `decision:${decisionId}`,
      at,
      actor,
      proof,
      tokenId,
      action,
      reason,
      before: { approvalId, state: 'open' },
      after: { approvalId, state: after.state, entitlements, act, to: passedTo },
    });
    if (to !== undefined) {
      const details = { approvalId, entitlements, act, until: deadline };
      notify.send({ kind: 'approvalReassigned', personId, to, details });
    }
    return { kind: verdict.kind, row: after };
  });
}

/** The person who decides, the proof, and the people who may decide: read at the moment when the decision is to count. */
async function reviewDecision(
  means: Means,
  approval: ApprovalRow,
  decision: Decision,
  now: number,
): Promise<DecisionReview> {
  const { inventory } = means;
  const { personId, approvers } = approval;
  const approversIn = (names: readonly string[]) =>
    Promise.all(names.map((name) => identifyApprover(inventory, name, now)));
  const subject = await identify(inventory, personId, now);
  return {
    ...(await prove(means, approval, decision)),
    actor: await identify(inventory, decision.actor, now),
    subject,
    people: await approversIn(approvers.people),
    fallback: await approversIn(approvers.fallback),
    ...(approvers.manager ? await managerOf(inventory, approval, subject, now) : {}),
    to: await Promise.all((decision.to ?? []).map((name) => identify(inventory, name, now))),
  };
}

/** The manager of the day when the request was opened, if they still may decide. Without one then, there is none now. */
async function managerOf(
  inventory: Means['inventory'],
  { managerSaid, managerId = managerSaid, managerGone, deadline }: ApprovalRow,
  subject: Identity,
  now: number,
): Promise<Pick<DecisionReview, 'manager' | 'managerGone'>> {
  if (managerGone !== undefined) return { managerGone };
  return identifyManager(inventory, { name: managerId, subject, until: Date.parse(deadline), now });
}

async function prove(
  means: Pick<Means, 'inventory' | 'attestations'>,
  asked: ApprovalRow,
  decision: Decision,
): Promise<Proof> {
  const { attestation, ...said } = decision;
  if (attestation === undefined) return { proof: 'claimed', isAdmin: false };
  try {
    const { id: tokenId, role } = await provenBy(means, asked, said, attestation);
    return { proof: 'attested', tokenId, isAdmin: role === 'admin' };
  } catch (error) {
    return { proof: 'invalid', why: error instanceof Error ? error.message : String(error), isAdmin: false };
  }
}
