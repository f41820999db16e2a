import { entitlementKey } from '../../domain/access/plan.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

/** Keys of what Muster gave on this account, or took over: what may be taken away. */
export async function managedOn(
  inventory: Pick<Inventory, 'listGrants'>,
  personId: string,
  accountId: string,
): Promise<readonly string[]> {
  const grants = await inventory.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
  return grants.filter((one) => one.accountId === accountId && one.reason !== 'preexisting').map(entitlementKey);
}
