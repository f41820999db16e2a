import type { HeldRow } from '../port/nhis.ts';
import { parseJson, present } from '../port/json.ts';
import type { Db } from '../database/schema.ts';

/** Roles and teams that an account was seen to hold, with those that have ended; what is held now comes first. */
export async function heldBy(db: Db, accountId: string): Promise<readonly HeldRow[]> {
  const roles = await db
    .selectFrom('accountRoles')
    .leftJoin('roles', 'roles.roleId', 'accountRoles.roleId')
    .where('accountId', '=', accountId)
    .select(['accountRoles.roleId as id', 'roles.name', 'roles.permissions', 'since', 'until'])
    .execute();
  const teams = await db
    .selectFrom('teamMembers')
    .leftJoin('teams', 'teams.teamId', 'teamMembers.teamId')
    .where('accountId', '=', accountId)
    .select(['teamMembers.teamId as id', 'teams.handle as name', 'since', 'until'])
    .execute();
  const held: HeldRow[] = [
    ...roles.map(({ id, name, permissions, since, until }) => ({
      kind: 'role' as const,
      id,
      name: name ?? id,
      since,
      ...present('until', until),
      ...(permissions === null || until !== null ? {} : { permissions: parseJson(permissions) }),
    })),
    ...teams.map(({ id, name, since, until }) => ({
      kind: 'team' as const,
      id,
      name: name ?? id,
      since,
      ...present('until', until),
    })),
  ];
  return held.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

const order = (row: HeldRow): string => `${row.until === undefined ? 0 : 1} ${row.kind} ${row.name} ${row.since}`;
