import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import type { ObservedAccess } from '../port/accounts.ts';
import { parseJson } from '../port/json.ts';

/** Roles and teams that an account was seen to hold, with those that have ended; what is held now comes first. */
export async function observedAccess(db: Db, accountId: string): Promise<readonly ObservedAccess[]> {
  const roles = await db
    .selectFrom('accountRoles')
    .leftJoin('roles', 'roles.id', 'accountRoles.roleId')
    .where('accountId', '=', accountId)
    .select(['accountRoles.roleId as id', 'roles.name', 'roles.permissions', 'since', 'until'])
    .execute();
  const teams = await db
    .selectFrom('teamMembers')
    .leftJoin('teams', 'teams.id', 'teamMembers.teamId')
    .where('accountId', '=', accountId)
    .select(['teamMembers.teamId as id', 'teams.handle as name', 'since', 'until'])
    .execute();
  const held: ObservedAccess[] = [
    ...roles.map(({ permissions, name, ...row }) => ({
      kind: 'role' as const,
      ...withoutNulls(row),
      name: name ?? row.id,
      permissions: row.until === null ? parseJson(permissions) : undefined,
    })),
    ...teams.map(({ name, ...row }) => ({ kind: 'team' as const, ...withoutNulls(row), name: name ?? row.id })),
  ];
  return held.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

const orderOf = (row: ObservedAccess): string =>
  `${row.until === undefined ? 0 : 1} ${row.kind} ${row.name} ${row.since}`;
