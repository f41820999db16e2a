import { ApplicationFailure } from '@temporalio/common';
import { decisionsLapsed } from '../../domain/failures.ts';
import type { Because } from '../../domain/evidence.ts';
import { privilegesIn } from '../../domain/access/privileged.ts';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import { mayBeSame } from '../../domain/approvals.ts';
import { identify } from '../approvals/deciders.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Granted, LapsedDecision } from '../../domain/decision.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import { approvalFor } from './because.ts';

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
  readonly because: Because;
  readonly entitlement: ResolvedEntitlement;
}

/**
 * Judges again just before an entitlement is assigned, perhaps days after its approval: what the role grants now, and
 * whether the people who approved it still may. Throws `Withheld` where it must not be assigned; returns
 * whether the role is privileged.
 */
export async function refuseWithheld(
  api: DatadogReads,
  inventory: Inventory,
  assignment: Assignment,
): Promise<{ readonly isPrivileged: boolean }> {
  const { because, entitlement } = assignment;
  const approval = await approvalFor(inventory, because);
  const lapsed = approval === undefined ? [] : await lapsedDecisions(inventory, approval);
  if (lapsed.length > 0) throw new Withheld({ given: false, because: 'lapsed', lapsed });
  if (entitlement.kind !== 'role') return { isPrivileged: false };
  if (approval?.privileged?.includes(entitlement.name) === true) return { isPrivileged: true };
  const privileges = privilegesIn(await api.rolePermissions(entitlement.id));
  if (privileges.length === 0) return { isPrivileged: false };
  const why = `the role grants ${privileges.join(', ')}: privileged, and nobody has approved that`;
  throw new Withheld({ given: false, because: 'privileged', why });
}

/** Throws `DecisionsLapsed` where the people who approved the write may no longer decide. */
export async function refuseLapsed(inventory: Inventory, because: Because): Promise<void> {
  const approval = await approvalFor(inventory, because);
  const lapsed = approval === undefined ? [] : await lapsedDecisions(inventory, approval);
  if (lapsed.length === 0) return;
  const message = 'the people who approved it may no longer decide';
  throw ApplicationFailure.create({ type: decisionsLapsed, message, nonRetryable: true, details: [lapsed] });
}

/** The decisions that do not hold any more, where too few still do: one counts while its approver may decide. */
export async function lapsedDecisions(
  inventory: Inventory,
  { personId, approvers, decisions }: ApprovalRow,
): Promise<readonly LapsedDecision[]> {
  const approving = decisions.filter(({ verdict }) => verdict === 'approve');
  const subject = await identify(inventory, personId, Date.now());
  const judged = await Promise.all(
    approving.map(async (decision): Promise<LapsedDecision | undefined> => {
      const { decisionId } = decision;
      const actor = await identify(inventory, decision.personId ?? decision.actor, Date.now());
      if (actor.gone !== undefined) return { decisionId, why: `its approver cannot decide: ${actor.gone}` };
      if (mayBeSame(actor, subject)) return { decisionId, why: 'nobody decides about their own access' };
      const token = decision.tokenId === undefined ? undefined : await inventory.findToken({ id: decision.tokenId });
      return token?.revokedAt === undefined ? undefined : { decisionId, why: `token ${token.id} was revoked` };
    }),
  );
  const lapsed = judged.filter((one) => one !== undefined);
  return approving.length - lapsed.length < approvers.quorum ? lapsed : [];
}
