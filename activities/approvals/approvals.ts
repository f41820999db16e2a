import type { ApprovalState, ApprovalView } from '../../domain/contracts.ts';
import { personWorkflowId } from '../../domain/contracts.ts';
import { askedOf } from '../../domain/approvals.ts';
import type { Statement } from '../../auth/attestation.ts';
import { identify, identifyManager } from './deciders.ts';
import { actorOf, isInForce, mayDecide } from '../../inventory/port/tokens.ts';
import type { Dependencies } from '../dependencies.ts';
import type { CountedDecision, Decision, DecisionReview } from '../../domain/decision.ts';

type Proof = Pick<DecisionReview, 'proof' | 'why' | 'tokenId' | 'isAdmin'>;

/** What an approval asks of the inventory: who somebody is, and what was asked, decided and closed. */
export function createApprovalActivities({
  inventory,
  notify,
  attestations,
}: Pick<Dependencies, 'inventory' | 'notify' | 'attestations'>) {
  return {
    /** The person who decides, the proof, and the people who may decide: read at the moment when the decision is to count. */
    async reviewDecision(
      personId: string,
      approval: ApprovalView,
      decision: Decision,
      now: number,
    ): Promise<DecisionReview> {
      const { approvers, managerIds, requestedAt, deadline } = approval;
      const identifyAll = (names: readonly string[]) =>
        Promise.all(names.map((name) => identify(inventory, name, now)));
      const subject = (await identify(inventory, personId, now)).known;
      const until = Date.parse(deadline);
      return {
        ...(await prove({ inventory, attestations }, { personId, requestedAt }, decision)),
        actor: await identify(inventory, decision.actor, now),
        subject,
        people: await identifyAll(approvers.people),
        ...(approvers.manager ? await identifyManager(inventory, { name: managerIds[0], subject, until, now }) : {}),
        to: await identifyAll(decision.to ?? []),
      };
    },

    async openApprovals(personId: string, approvals: readonly ApprovalView[]): Promise<void> {
      for (const approval of approvals) {
        await inventory.openApproval({ ...approval, personId, decisions: [] });
        const { approvalId, entitlements, act, privileged, deadline, approvers, managerGone } = approval;
        const withFallback = approvers.manager && managerGone !== undefined;
        notify.send({
          kind: 'approvalRequested',
          personId,
          to: askedOf(approval, withFallback),
          details: { approvalId, entitlements, act, privileged, until: deadline },
        });
      }
    },

    /** A counted decision: evidence, and the approval as it is after it. */
    async recordDecision(
      personId: string,
      eventId: string,
      decision: CountedDecision,
      after: ApprovalView,
    ): Promise<void> {
      await recordDecision({ inventory, notify }, { personId, eventId, decision, after });
    },

    async closeApproval(personId: string, approvalId: string, state: ApprovalState): Promise<void> {
      await inventory.closeApproval(personId, approvalId, state, new Date().toISOString());
    },
  };
}

interface Decided {
  readonly personId: string;
  readonly eventId: string;
  readonly decision: CountedDecision;
  /** As it is with the decision. */
  readonly after: ApprovalView;
}

async function recordDecision(
  { inventory, notify }: Pick<Dependencies, 'inventory' | 'notify'>,
  { personId, eventId, decision, after }: Decided,
): Promise<void> {
  const { state, entitlements, act, approvers, deadline } = after;
  const { approvalId, verdict, actor, reason, proof, tokenId, to } = decision;
  const at = new Date().toISOString();
  await inventory.inTransaction(async (trx) => {
    await trx.recordDecision(personId, { ...decision, at });
    if (state !== 'open') await trx.closeApproval(personId, approvalId, state, at);
    if (verdict === 'reassign') await trx.reassignApproval(personId, approvalId, approvers);
    await trx.appendEvidence({
      personId,
      eventId,
      step: `decision:${decision.decisionId}`,
      at,
      actor,
      proof,
      tokenId,
      action: verdict,
      reason,
      before: { approvalId, state: 'open' },
      after: { approvalId, state, entitlements, act, to },
    });
  });
  if (to === undefined) return;
  notify.send({
    kind: 'approvalReassigned',
    personId,
    to,
    details: { approvalId, entitlements, act, until: deadline },
  });
}

/** An attested decision holds for exactly this request, and only while the token that proved its actor is in force. */
async function prove(
  { inventory, attestations }: Pick<Dependencies, 'inventory' | 'attestations'>,
  { personId, requestedAt }: { readonly personId: string; readonly requestedAt: string },
  decision: Decision,
): Promise<Proof> {
  const { attestation, ...said } = decision;
  if (attestation === undefined) return { proof: 'claimed', isAdmin: false };
  try {
    const statement = await attestations.verify(attestation);
    const wanted: Omit<Statement, 'tokenId'> = { ...said, workflowId: personWorkflowId(personId), requestedAt };
    const differing = differences(statement, wanted);
    if (differing.length > 0) throw new Error(`its signed statement is for another ${differing.join(', ')}`);
    const token = await inventory.findToken({ id: statement.tokenId });
    if (token === undefined || !isInForce(token, new Date().toISOString())) {
      throw new Error(`token ${statement.tokenId} was revoked or has expired`);
    }
    if (!mayDecide(token)) throw new Error(`a token of role ${token.role} decides nothing`);
    if (actorOf(token) !== decision.actor) throw new Error(`token ${token.id} does not prove ${decision.actor}`);
    return { proof: 'attested', tokenId: token.id, isAdmin: token.role === 'admin' };
  } catch (error) {
    return { proof: 'invalid', why: error instanceof Error ? error.message : String(error), isAdmin: false };
  }
}

const bound = ['workflowId', 'approvalId', 'requestedAt', 'decisionId', 'verdict', 'actor', 'to', 'reason'] as const;

const words: Readonly<Record<(typeof bound)[number], string>> = {
  workflowId: 'person',
  approvalId: 'approval',
  requestedAt: 'request',
  decisionId: 'decision',
  verdict: 'verdict',
  actor: 'actor',
  to: 'approver',
  reason: 'reason',
};

const differences = (signed: Statement, wanted: Omit<Statement, 'tokenId'>): readonly string[] =>
  bound.filter((name) => JSON.stringify(signed[name]) !== JSON.stringify(wanted[name])).map((name) => words[name]);
