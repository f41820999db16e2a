import { locked } from '../database/locks.ts';
import { present } from '../port/json.ts';
import type { TeamListRow, TeamMemberRow, TeamMembers, TeamRow, Written } from '../port/nhis.ts';
import type { Db } from '../database/schema.ts';

const chunkSize = 200;

/**
 * Takes a whole list of teams: writes those that are new or differ, and closes those that are no longer listed, with their
 * memberships.
 */
export const writeTeams = locked(
  'teams',
  async (db: Db, teams: readonly TeamRow[], seenAt: string): Promise<Written & { readonly removed: number }> => {
    const stored = new Map((await db.selectFrom('teams').selectAll().execute()).map((row) => [row.teamId, row]));
    const listed = new Map(teams.map((team) => [team.id, team]));
    const counts = { added: 0, changed: 0, removed: 0 };
    for (const { id, handle, name, isManaged } of listed.values()) {
      const before = stored.get(id);
      const row = { handle, name, isManaged: isManaged ? 1 : 0 };
      if (before === undefined) {
        await db
          .insertInto('teams')
          .values({ teamId: id, ...row, firstSeenAt: seenAt, writtenAt: seenAt })
          .execute();
        counts.added += 1;
        continue;
      }
      const isSame = before.handle === handle && before.name === name && before.isManaged === row.isManaged;
      if ((isSame && before.goneAt === null) || seenAt < before.writtenAt) continue;
      await db
        .updateTable('teams')
        .set({ ...row, writtenAt: seenAt, goneAt: null })
        .where('teamId', '=', id)
        .execute();
      counts[before.goneAt === null ? 'changed' : 'added'] += 1;
    }
    for (const { teamId, goneAt, writtenAt } of stored.values()) {
      if (listed.has(teamId) || goneAt !== null || seenAt < writtenAt) continue;
      await db.updateTable('teams').set({ goneAt: seenAt, writtenAt: seenAt }).where('teamId', '=', teamId).execute();
      await db
        .updateTable('teamMembers')
        .set({ until: seenAt })
        .where('teamId', '=', teamId)
        .where('until', 'is', null)
        .execute();
      counts.removed += 1;
    }
    return counts;
  },
);

/** Takes one team's whole list of members. A membership that began after the reading did is left as it is. */
export const writeTeamMembers = locked(
  'teams',
  async (db: Db, { teamId, members, seenAt }: TeamMembers): Promise<Written & { readonly removed: number }> => {
    const open = await db
      .selectFrom('teamMembers')
      .selectAll()
      .where('teamId', '=', teamId)
      .where('until', 'is', null)
      .execute();
    const held = new Map(open.map((row) => [row.accountId, row]));
    const listed = new Map(members.map((member) => [member.accountId, member]));
    const added = [...listed.values()].filter(({ accountId }) => !held.has(accountId));
    for (let from = 0; from < added.length; from += chunkSize) {
      await db
        .insertInto('teamMembers')
        .values(
          added.slice(from, from + chunkSize).map(({ accountId, isAdmin }) => ({
            teamId,
            accountId,
            isAdmin: isAdmin ? 1 : 0,
            since: seenAt,
          })),
        )
        .onConflict((conflict) => conflict.columns(['teamId', 'accountId', 'since']).doUpdateSet({ until: null }))
        .execute();
    }
    let changed = 0;
    let removed = 0;
    for (const { accountId, isAdmin, since } of open) {
      if (since > seenAt) continue;
      const member = listed.get(accountId);
      const row = db.updateTable('teamMembers').where('teamId', '=', teamId).where('accountId', '=', accountId);
      if (member === undefined) {
        await row.where('until', 'is', null).set({ until: seenAt }).execute();
        removed += 1;
      } else if ((member.isAdmin ? 1 : 0) !== isAdmin) {
        await row
          .where('until', 'is', null)
          .set({ isAdmin: member.isAdmin ? 1 : 0 })
          .execute();
        changed += 1;
      }
    }
    return { added: added.length, changed, removed };
  },
);

/** By handle; teams that are gone are listed with `goneAt`. */
export async function listTeams(db: Db): Promise<readonly TeamListRow[]> {
  const teams = await db.selectFrom('teams').selectAll().orderBy('handle').orderBy('teamId').execute();
  const counted = await db
    .selectFrom('teamMembers')
    .select(['teamId', ({ fn }) => fn.countAll().as('members')])
    .where('until', 'is', null)
    .groupBy('teamId')
    .execute();
  const members = new Map(counted.map((row) => [row.teamId, Number(row.members)]));
  return teams.map(({ teamId, handle, name, isManaged, firstSeenAt, goneAt }) => ({
    id: teamId,
    handle,
    name,
    isManaged: isManaged === 1,
    firstSeenAt,
    ...present('goneAt', goneAt),
    members: members.get(teamId) ?? 0,
  }));
}

/** Of one team or one account; ended memberships only with `all`. */
export async function listTeamMembers(
  db: Db,
  { teamId, accountId, all }: { teamId?: string; accountId?: string; all?: boolean },
): Promise<readonly TeamMemberRow[]> {
  let query = db.selectFrom('teamMembers').selectAll();
  if (teamId !== undefined) query = query.where('teamId', '=', teamId);
  if (accountId !== undefined) query = query.where('accountId', '=', accountId);
  if (all !== true) query = query.where('until', 'is', null);
  const rows = await query.orderBy('teamId').orderBy('accountId').orderBy('since').execute();
  return rows.map((row) => ({
    teamId: row.teamId,
    accountId: row.accountId,
    isAdmin: row.isAdmin === 1,
    since: row.since,
    ...present('until', row.until),
  }));
}
