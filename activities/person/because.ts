import { ApplicationFailure } from '@temporalio/common';
import type { Because } from '../../domain/evidence.ts';
import { notOwed } from '../../domain/failures.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

type Reasons = Pick<Inventory, 'findEvent' | 'findApproval'>;

/** Who wanted a write, and why, as evidence says it. */
export async function explain(
  inventory: Reasons,
  because: Because,
): Promise<{ readonly actor: string; readonly reason: string }> {
  const { personId, eventId, approvalId } = because;
  const approval = approvalId === undefined ? undefined : await inventory.findApproval({ personId, approvalId });
  if (approval !== undefined) {
    const approving = approval.decisions.filter(({ verdict }) => verdict === 'approve');
    return { actor: approving.map(({ actor }) => actor).join(', '), reason: `approval ${approval.approvalId}` };
  }
  const event = (await inventory.findEvent(eventId))?.event;
  return { actor: event?.source ?? 'unknown', reason: event?.kind ?? 'unknown event' };
}

/** The request that was approved, as it stands on record; undefined for a write that names none. */
export async function approvalFor(
  inventory: Pick<Inventory, 'findApproval'>,
  { personId, approvalId }: Because,
): Promise<ApprovalRow | undefined> {
  if (approvalId === undefined) return undefined;
  const approval = await inventory.findApproval({ personId, approvalId });
  if (approval?.state === 'approved') return approval;
  throw ApplicationFailure.nonRetryable(`approval ${approvalId} is not on record as approved`, notOwed);
}
