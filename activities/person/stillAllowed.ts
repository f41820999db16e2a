import { ApplicationFailure } from '@temporalio/common';
import { decisionsLapsed } from '../../domain/failures.ts';
import type { Because } from '../../domain/evidence.ts';
import { privilegesIn } from '../../domain/access/privileged.ts';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import { identify, isAmong } from '../approvals/deciders.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { GrantedApproval, Granted, LapsedDecision } from '../../domain/decision.ts';

/** An assignment that must not be made now. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
  readonly granted: Granted;

  constructor(granted: Granted) {
    super('the assignment was withheld');
    this.granted = granted;
  }
}

interface Assignment {
  readonly personId: string;
  readonly entitlement: ResolvedEntitlement;
  readonly approval: GrantedApproval | undefined;
}

/**
 * Judges again just before an entitlement is assigned, perhaps days after its approval: what the role grants now, and
 * whether the people who approved it still may. Throws `Withheld` where it must not be assigned.
 */
export async function refuseWithheld(api: DatadogReads, inventory: Inventory, assignment: Assignment): Promise<void> {
  const { personId, entitlement, approval } = assignment;
  const lapsed = approval === undefined ? [] : await lapsedDecisions(inventory, personId, approval);
  if (lapsed.length > 0) throw new Withheld({ given: false, because: 'lapsed', lapsed });
  if (entitlement.kind !== 'role' || approval?.privileged.includes(entitlement.name) === true) return;
  const privileges = privilegesIn(await api.rolePermissions(entitlement.id));
  if (privileges.length === 0) return;
  const why = `the role grants ${privileges.join(', ')}: privileged, and nobody has approved that`;
  throw new Withheld({ given: false, because: 'privileged', why });
}

/** Throws `DecisionsLapsed` where the people who approved the write may no longer decide. */
export async function refuseLapsed(inventory: Inventory, { personId, approval }: Because): Promise<void> {
  const lapsed = approval === undefined ? [] : await lapsedDecisions(inventory, personId, approval);
  if (lapsed.length === 0) return;
  const message = 'the people who approved it may no longer decide';
  throw ApplicationFailure.create({ type: decisionsLapsed, message, nonRetryable: true, details: [lapsed] });
}

/**
 * The decisions that do not hold any more, where too few still do. The word of a process is not enough: a decision counts
 * if it is on record, and while its approver may decide.
 */
async function lapsedDecisions(
  inventory: Inventory,
  personId: string,
  { approvalId, decisionIds, quorum }: GrantedApproval,
): Promise<readonly LapsedDecision[]> {
  const requests = (await inventory.listApprovals({ personId })).filter((one) => one.approvalId === approvalId);
  const recorded = requests.flatMap(({ decisions }) => decisions);
  const subject = (await identify(inventory, personId, Date.now())).known;
  const judged = await Promise.all(
    decisionIds.map(async (decisionId): Promise<LapsedDecision | undefined> => {
      const decision = recorded.find((one) => one.decisionId === decisionId && one.verdict === 'approve');
      if (decision === undefined) return { decisionId, why: 'it is not on record' };
      const actor = await identify(inventory, decision.personId ?? decision.actor, Date.now());
      if (actor.gone !== undefined) return { decisionId, why: `${decision.actor} cannot decide: ${actor.gone}` };
      if (isAmong(actor, subject)) return { decisionId, why: 'nobody decides about their own access' };
      const token = decision.tokenId === undefined ? undefined : await inventory.findToken({ id: decision.tokenId });
      return token?.revokedAt === undefined ? undefined : { decisionId, why: `token ${token.id} was revoked` };
    }),
  );
  const lapsed = judged.filter((one) => one !== undefined);
  return decisionIds.length - lapsed.length < quorum ? lapsed : [];
}
