import type { QuarantineRow } from '../activities/inventory/findingTypes.ts';
import type { Inventory } from '../activities/inventory/types.ts';
import { repairEvent } from '../workflows/core/drift.ts';
import { RefusedError } from './errors.ts';
import type { Muster } from './muster.ts';

export interface BatchDecision {
  readonly batchId: string;
  readonly verdict: 'allow' | 'reject';
  readonly by: string;
  readonly reason?: string;
}

/**
 * Decides about repairs that were too many at once. What is allowed goes to the people's processes, which compare once
 * more; allowed again it goes to those that were missed. What is rejected is left alone as long as it differs.
 * Throws `RefusedError` where no such batch waits.
 */
export async function decideBatch(
  { muster, inventory }: { readonly muster: Pick<Muster, 'submitEvent'>; readonly inventory: Inventory },
  { batchId, verdict, by, reason }: BatchDecision,
  now = new Date(),
): Promise<QuarantineRow> {
  const at = now.toISOString();
  const state = verdict === 'allow' ? 'allowed' : 'rejected';
  const decided = await inventory.decideQuarantine(batchId, {
    state,
    at,
    by,
    ...(reason === undefined ? {} : { reason }),
  });
  if (decided === undefined) {
    throw new RefusedError(`No batch ${batchId} waits for a decision: \`npx muster sync status\` shows those that do`);
  }
  if (verdict === 'reject') return decided;
  for (const candidate of decided.people) {
    const event = repairEvent(candidate, batchId, at);
    await muster.submitEvent({ ...event, reason: `${event.reason}; allowed by ${by}`.slice(0, 1_000) });
  }
  return decided;
}
