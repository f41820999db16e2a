import { randomUUID } from 'node:crypto';
import type { NhiRow } from '../../inventory/port/nhis.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { recordDecision, type Operator } from '../../auth/operator.ts';

/** Declares who answers for a key or a service account, or takes that back. Undefined where there is none by this id. */
export async function declareOwner(
  inventory: Pick<Inventory, 'decide'>,
  by: Operator,
  id: string,
  owner: string | undefined,
): Promise<NhiRow | undefined> {
  const at = new Date().toISOString();
  return inventory.decide(async (hand) => {
    const before = await hand.findNhi(id);
    if (before === undefined) return undefined;
    await hand.setNhiOwner(id, owner, at);
    const after = await hand.findNhi(id);
    await recordDecision(hand, by, {
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
