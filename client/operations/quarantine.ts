import type { QuarantineRow } from '../../inventory/port/repairs.ts';
import { NotFoundError } from '../../domain/errors.ts';
import { recordDecision, type Why } from '../../auth/operator.ts';
import type { Muster } from './muster.ts';
import type { OperatorContext } from './wake.ts';
import { repairEvent } from '../../domain/findings/repairs.ts';

interface BatchDecision extends Why {
  readonly batchId: string;
  readonly verdict: 'allow' | 'reject';
}

/**
 * Decides about repairs that were too many at once. An approved batch goes to the people's processes, which compare once
 * more; approved again it goes to those that were missed. A rejected one is left alone as long as the drift lasts.
 * Throws `NotFoundError` where no such batch waits.
 */
export async function decideBatch(
  context: Omit<OperatorContext, 'client'> & { readonly muster: Pick<Muster, 'submitEvent'> },
  { batchId, verdict, ...why }: BatchDecision,
  now = new Date(),
): Promise<QuarantineRow> {
  const { muster, inventory, actor } = context;
  const at = now.toISOString();
  const state = verdict === 'allow' ? 'allowed' : 'rejected';
  const decided = await inventory.inTransaction(async (trx) => {
    const batch = await trx.decideQuarantine(batchId, { state, at, by: actor, ...why });
    if (batch === undefined) {
      throw new NotFoundError(
        `No batch ${batchId} waits for a decision: \`npx muster sync status\` shows those that do`,
      );
    }
    await recordDecision(trx, context, {
      // No personId has a slash: the batch is about many people.
      personId: `sync/${batchId}`,
      eventId: `sync/${batchId}`,
      step: verdict,
      at,
      action: `${verdict} held repairs`,
      ...why,
      before: { state: 'open', openedAt: batch.openedAt, budget: batch.budget },
      after: { state, people: batch.people },
    });
    return batch;
  });
  if (verdict === 'reject') return decided;
  for (const candidate of decided.people) {
    const event = repairEvent(candidate, batchId, at);
    await muster.submitEvent({ ...event, reason: `${event.reason}; allowed by ${actor}`.slice(0, 1_000) });
  }
  return decided;
}
