import { sql } from 'kysely';
import { jsonRows } from '../database/jsonRows.ts';
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
    const rows = gained.map(({ accountId, roleId }) => ({ accountId, roleId }));
    const names = ['accountId', 'roleId', 'since'].map((name) => sql.ref(name));
    await sql`insert into ${sql.table('accountRoles')} (${sql.join(names)})
      select ${sql.join([...names.slice(0, 2), sql`${at}`])} from ${jsonRows(db, { accountId: 'text', roleId: 'text' }, rows)}
      where true on conflict (${sql.join(names)}) do update set until = null`.execute(db);
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
