import { canonicalJson } from './json.ts';
import type { Db } from './schema.ts';
import type { RoleRow } from './types.ts';

/** Writes the roles that are new or differ. A role that is no longer listed keeps its name for old grants. */
export async function writeRoles(
  db: Db,
  roles: readonly RoleRow[],
  seenAt: string,
): Promise<{ added: number; changed: number }> {
  const rows = await db.selectFrom('roles').selectAll().execute();
  const stored = new Map(rows.map((row) => [row.roleId, row]));
  const counts = { added: 0, changed: 0 };
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
    if (isSame || seenAt < before.writtenAt) continue;
    await db
      .updateTable('roles')
      .set({ ...row, writtenAt: seenAt })
      .where('roleId', '=', id)
      .execute();
    counts.changed += 1;
  }
  return counts;
}
