import type { Entitlement, ResolvedEntitlement } from '../../domain/model.ts';
import { entitlementKey } from '../../domain/access/plan.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

type Names = Pick<Inventory, 'knownEntitlementIds' | 'rememberEntitlementIds'>;

/** Names to ids; a name keeps the meaning of its first lookup. */
export async function resolveAndKeep(
  api: DatadogReads,
  inventory: Names,
  entitlements: readonly Entitlement[],
): Promise<readonly ResolvedEntitlement[]> {
  const known = await inventory.knownEntitlementIds(entitlements);
  const resolved = await api.resolve(entitlements, known);
  const isNew = ({ kind, name }: Entitlement) => !known.has(entitlementKey({ kind, id: name }));
  const learnt = resolved.filter(isNew);
  if (learnt.length > 0) await inventory.rememberEntitlementIds(learnt, new Date().toISOString());
  return resolved;
}
