import { birthrightAccess, type Policy } from '../../domain/policy/rules.ts';
import type { Entitlement } from '../../domain/model.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

/** Names of the policy's rules that grant this to the person without an approval; none where a restore or an approval grants it. */
export async function rulesGranting(
  inventory: Pick<Inventory, 'findEvent' | 'findPerson'>,
  policy: Policy,
  { personId, eventId, approval }: Because,
  { kind, name }: Entitlement,
): Promise<readonly string[]> {
  if (approval !== undefined) return [];
  const event = (await inventory.findEvent(eventId))?.event;
  if (event?.restore === true) return [];
  const person = event?.person ?? (await inventory.findPerson(personId))?.attributes;
  const given =
    person && birthrightAccess(policy, person).granted.find((one) => one.kind === kind && one.name === name);
  return given?.rules ?? [];
}
