import { randomUUID } from 'node:crypto';
import { recordDecision } from '../../auth/operator.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { policySubject } from '../../inventory/port/evidence.ts';

/** One link where another policy is in force than the evidence says. Who changed the file is not known: the worker claims it. */
export async function notePolicy(inventory: Pick<Inventory, 'inTransaction'>, hash: string): Promise<void> {
  await inventory.inTransaction(async (trx) => {
    const before = await trx.policyOnRecord();
    if (before === hash) return;
    await recordDecision(
      trx,
      { actor: 'worker', proof: 'claimed' },
      {
        personId: policySubject,
        eventId: `policy:${randomUUID()}`,
        step: 'change',
        action: 'change policy',
        before: { hash: before ?? null },
        after: { hash },
      },
    );
  });
}
