import type { Db } from './schema.ts';

export interface RoleChange {
  readonly accountId: string;
  readonly roleId: string;
  readonly change: 'gained' | 'lost';
}

const chunkSize = 500;

/** Which account held which role from when until when, as far as it was seen. */
export async function writeRoleHistory(db: Db, changes: readonly RoleChange[], at: string): Promise<void> {
  const gained = changes.filter(({ change }) => change === 'gained');
  for (let from = 0; from < gained.length; from += chunkSize) {
    await db
      .insertInto('accountRoles')
      .values(gained.slice(from, from + chunkSize).map(({ accountId, roleId }) => ({ accountId, roleId, since: at })))
      .onConflict((conflict) => conflict.columns(['accountId', 'roleId', 'since']).doUpdateSet({ until: null }))
      .execute();
  }
  for (const { accountId, roleId } of changes.filter(({ change }) => change === 'lost')) {
    await db
      .updateTable('accountRoles')
      .set({ until: at })
      .where('accountId', '=', accountId)
      .where('roleId', '=', roleId)
      .where('until', 'is', null)
      .execute();
  }
}

export async function endRoleHistory(db: Db, accountIds: readonly string[], at: string): Promise<void> {
  if (accountIds.length === 0) return;
  await db
    .updateTable('accountRoles')
    .set({ until: at })
    .where('accountId', 'in', accountIds)
    .where('until', 'is', null)
    .execute();
}
