import { randomUUID } from 'node:crypto';
import type { NhiRow } from '../../inventory/port/nhis.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { recordDecision, type Operator } from '../../auth/operator.ts';

/** Declares the owner of a key or a service account, or removes the declaration. Undefined for an unknown id. */
export async function declareOwner(
  inventory: Pick<Inventory, 'inTransaction'>,
  by: Operator,
  id: string,
  owner: string | undefined,
): Promise<NhiRow | undefined> {
  const at = new Date().toISOString();
  return inventory.inTransaction(async (trx) => {
    const before = await trx.findNhi(id);
    if (before === undefined) return undefined;
    await trx.setNhiOwner(id, owner, at);
    const after = await trx.findNhi(id);
    await recordDecision(trx, by, {
      personId: owner ?? before.ownerPersonId ?? `nhi/${id}`,
      eventId: `owner:${randomUUID()}`,
      step: 'owner',
      at,
      action: owner === undefined ? 'clear owner' : 'declare owner',
      before: { id, kind: before.kind, name: before.name, owner: before.ownerPersonId ?? null },
      after: { owner: after?.ownerPersonId ?? null },
    });
    return after;
  });
}
