import { locked } from '../database/locks.ts';
import { canonicalJson, parseJson, present } from '../port/json.ts';
import type { Db } from '../database/schema.ts';
import type { RoleListRow, RoleRow } from '../port/rows.ts';

/**
 * Takes a whole list of roles: writes those that are new or differ. One that is no longer listed is gone, and keeps its
 * name for old grants. An empty list closes nothing: every organization has roles.
 */
export const writeRoles = locked(
  'roles',
  async (
    db: Db,
    roles: readonly RoleRow[],
    seenAt: string,
  ): Promise<{ added: number; changed: number; removed: number }> => {
    const rows = await db.selectFrom('roles').selectAll().execute();
    const stored = new Map(rows.map((row) => [row.roleId, row]));
    const counts = { added: 0, changed: 0, removed: 0 };
    for (const { id, name, isManaged, permissions } of new Map(roles.map((role) => [role.id, role])).values()) {
      const before = stored.get(id);
      const row = {
        name,
        isManaged: isManaged ? 1 : 0,
        permissions: canonicalJson([...new Set(permissions)].toSorted()),
      };
      if (before === undefined) {
        await db
          .insertInto('roles')
          .values({ roleId: id, ...row, firstSeenAt: seenAt, writtenAt: seenAt })
          .execute();
        counts.added += 1;
        continue;
      }
      const isSame =
        before.name === row.name && before.isManaged === row.isManaged && before.permissions === row.permissions;
      if ((isSame && before.goneAt === null) || seenAt < before.writtenAt) continue;
      await db
        .updateTable('roles')
        .set({ ...row, writtenAt: seenAt, goneAt: null })
        .where('roleId', '=', id)
        .execute();
      counts[before.goneAt === null ? 'changed' : 'added'] += 1;
    }
    const listed = new Set(roles.map(({ id }) => id));
    for (const { roleId, goneAt, writtenAt } of roles.length === 0 ? [] : stored.values()) {
      if (listed.has(roleId) || goneAt !== null || seenAt < writtenAt) continue;
      await db.updateTable('roles').set({ goneAt: seenAt, writtenAt: seenAt }).where('roleId', '=', roleId).execute();
      counts.removed += 1;
    }
    return counts;
  },
);

/** By name; roles that are gone are listed with `goneAt`. */
export async function listRoles(db: Db): Promise<readonly RoleListRow[]> {
  const rows = await db.selectFrom('roles').selectAll().orderBy('name').orderBy('roleId').execute();
  return rows.map(({ roleId, name, isManaged, permissions, firstSeenAt, goneAt }) => ({
    id: roleId,
    name,
    isManaged: isManaged === 1,
    permissions: parseJson(permissions),
    firstSeenAt,
    ...present('goneAt', goneAt),
  }));
}
