import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { toFlag, withoutNulls } from '../database/stored.ts';
import type { ListWritten, RoleListRow, RoleRow, Unread } from '../port/accounts.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import { compareList } from './wholeList.ts';

/**
 * Takes a whole list of roles: writes those that are new or differ. One that is no longer listed is gone, and keeps its
 * name for old grants. An empty list closes nothing: every organization has roles.
 */
export const writeRoles = locked(
  'roles',
  async (db: Db, roles: readonly RoleRow[], seenAt: string, unread?: Unread): Promise<ListWritten> => {
    if (roles.length === 0) return { added: 0, changed: 0, removed: 0 };
    const rows = roles.map(({ id, name, isManaged, permissions }) => ({
      id,
      name,
      isManaged: toFlag(isManaged),
      permissions: canonicalJson<readonly string[]>([...new Set(permissions)].toSorted()),
    }));
    const { written, goneIds, counts } = compareList(rows, await db.selectFrom('roles').selectAll().execute(), {
      seenAt,
      unread,
    });
    for (const row of written) {
      await db
        .insertInto('roles')
        .values({ ...row, firstSeenAt: seenAt, writtenAt: seenAt })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...row, writtenAt: seenAt, goneAt: null }))
        .execute();
    }
    if (goneIds.length > 0) {
      await db.updateTable('roles').set({ goneAt: seenAt, writtenAt: seenAt }).where('id', 'in', goneIds).execute();
    }
    return counts;
  },
);

/** By name; roles that are gone are listed with `goneAt`. */
export async function listRoles(db: Db): Promise<readonly RoleListRow[]> {
  const rows = await db
    .selectFrom('roles')
    .select(['id', 'name', 'isManaged', 'permissions', 'firstSeenAt', 'goneAt'])
    .orderBy('name')
    .orderBy('id')
    .execute();
  return rows.map(({ isManaged, permissions, ...row }) => ({
    ...withoutNulls(row),
    isManaged: isManaged === 1,
    permissions: parseJson(permissions),
  }));
}
