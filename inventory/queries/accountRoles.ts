import { upsertRows } from '../database/jsonRows.ts';
import type { Db } from '../database/schema.ts';

export interface RoleChange {
  readonly accountId: string;
  readonly roleId: string;
  readonly change: 'gained' | 'lost';
}

/** Which account held which role from when until when, as far as it was seen. */
export async function writeRoleHistory(db: Db, changes: readonly RoleChange[], at: string): Promise<void> {
  const gained = changes.filter(({ change }) => change === 'gained');
  if (gained.length > 0) {
    await upsertRows(db, 'accountRoles', {
      columns: { accountId: 'text', roleId: 'text' },
      rows: gained.map(({ accountId, roleId }) => ({ accountId, roleId })),
      constants: { since: at },
      key: ['accountId', 'roleId', 'since'],
      reset: 'until',
    });
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
