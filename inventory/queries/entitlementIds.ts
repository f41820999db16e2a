import { entitlementKey } from '../../domain/access/plan.ts';
import type { Entitlement, ResolvedEntitlement } from '../../domain/model.ts';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';

/** What names of the policy mean: the id that each had when it was first looked up. */
export async function knownEntitlementIds(
  db: Db,
  entitlements: readonly Entitlement[],
): Promise<ReadonlyMap<string, string>> {
  if (entitlements.length === 0) return new Map();
  const names = entitlements.map(({ name }) => name);
  const rows = await db.selectFrom('entitlementIds').selectAll().where('name', 'in', names).execute();
  return new Map(rows.map(({ kind, name, id }) => [entitlementKey({ kind, id: name }), id]));
}

export const rememberEntitlementIds = locked(
  'entitlementIds',
  async (db: Db, entitlements: readonly ResolvedEntitlement[], at: string): Promise<void> => {
    await db
      .insertInto('entitlementIds')
      .values(entitlements.map(({ kind, name, id }) => ({ kind, name, id, since: at })))
      .onConflict((conflict) => conflict.columns(['kind', 'name']).doNothing())
      .execute();
  },
);

/** The name may mean another one from now on. Returns the id it had. */
export const forgetEntitlementId = locked(
  'entitlementIds',
  async (db: Db, { kind, name }: Entitlement): Promise<string | undefined> => {
    const [row] = await db
      .deleteFrom('entitlementIds')
      .where('kind', '=', kind)
      .where('name', '=', name)
      .returning('id')
      .execute();
    return row?.id;
  },
);
