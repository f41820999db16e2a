import { chunksOf } from '../database/chunks.ts';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { toFlag, withoutNulls } from '../database/stored.ts';
import type { ListWritten, TeamListRow, TeamMemberRow, TeamMembers, TeamRow, Unread } from '../port/accounts.ts';
import { compareList } from './wholeList.ts';

const chunkSize = 200;

/**
 * Takes a whole list of teams: writes those that are new or differ, and closes those that are no longer listed, with their
 * memberships.
 */
export const writeTeams = locked(
  'teams',
  async (db: Db, teams: readonly TeamRow[], seenAt: string, unread?: Unread): Promise<ListWritten> => {
    const rows = teams.map(({ id, handle, name, isManaged }) => ({ id, handle, name, isManaged: toFlag(isManaged) }));
    const { written, goneIds, counts } = compareList(rows, await db.selectFrom('teams').selectAll().execute(), {
      seenAt,
      unread,
    });
    for (const row of written) {
      await db
        .insertInto('teams')
        .values({ ...row, firstSeenAt: seenAt, writtenAt: seenAt })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...row, writtenAt: seenAt, goneAt: null }))
        .execute();
    }
    for (const ids of chunksOf(goneIds, chunkSize)) {
      await db.updateTable('teams').set({ goneAt: seenAt, writtenAt: seenAt }).where('id', 'in', ids).execute();
      const memberships = db.updateTable('teamMembers').where('teamId', 'in', ids).where('until', 'is', null);
      await memberships.set({ until: seenAt }).execute();
    }
    return counts;
  },
);

/** Takes one team's whole list of members. A membership that began after the reading did is left as it is. */
export const writeTeamMembers = locked(
  'teams',
  async (db: Db, { teamId, members, isPartial = false, seenAt }: TeamMembers): Promise<ListWritten> => {
    const stored = db.selectFrom('teamMembers').selectAll().where('teamId', '=', teamId).where('until', 'is', null);
    const open = await stored.execute();
    const held = new Set(open.map(({ accountId }) => accountId));
    const listed = new Map(members.map(({ accountId, isAdmin }) => [accountId, toFlag(isAdmin)]));
    const added = [...listed]
      .filter(([accountId]) => !held.has(accountId))
      .map(([accountId, isAdmin]) => ({ teamId, accountId, isAdmin, since: seenAt }));
    for (const rows of chunksOf(added, chunkSize)) {
      await db
        .insertInto('teamMembers')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['teamId', 'accountId', 'since']).doUpdateSet({ until: null }))
        .execute();
    }
    const counts = { added: added.length, changed: 0, removed: 0 };
    for (const { accountId, isAdmin, since } of open) {
      const isAdminNow = listed.get(accountId);
      if (since > seenAt || isAdminNow === isAdmin) continue;
      if (isAdminNow === undefined && isPartial) continue;
      counts[isAdminNow === undefined ? 'removed' : 'changed'] += 1;
      await db
        .updateTable('teamMembers')
        .set(isAdminNow === undefined ? { until: seenAt } : { isAdmin: isAdminNow })
        .where('teamId', '=', teamId)
        .where('accountId', '=', accountId)
        .where('until', 'is', null)
        .execute();
    }
    return counts;
  },
);

/** By handle; teams that are gone are listed with `goneAt`. */
export async function listTeams(db: Db): Promise<readonly TeamListRow[]> {
  const teams = await db
    .selectFrom('teams')
    .select(['id', 'handle', 'name', 'isManaged', 'firstSeenAt', 'goneAt'])
    .orderBy('handle')
    .orderBy('id')
    .execute();
  const counted = await db
    .selectFrom('teamMembers')
    .select(['teamId', ({ fn }) => fn.countAll().as('members')])
    .where('until', 'is', null)
    .groupBy('teamId')
    .execute();
  const members = new Map(counted.map((row) => [row.teamId, Number(row.members)]));
  return teams.map(({ isManaged, ...row }) => ({
    ...withoutNulls(row),
    isManaged: isManaged === 1,
    members: members.get(row.id) ?? 0,
  }));
}

/** Memberships of one team or one account; ended ones only with `all`. */
export async function listTeamMembers(
  db: Db,
  { teamId, accountId, all }: { teamId?: string; accountId?: string; all?: boolean },
): Promise<readonly TeamMemberRow[]> {
  let query = db.selectFrom('teamMembers').selectAll();
  if (teamId !== undefined) query = query.where('teamId', '=', teamId);
  if (accountId !== undefined) query = query.where('accountId', '=', accountId);
  if (all !== true) query = query.where('until', 'is', null);
  const rows = await query.orderBy('teamId').orderBy('accountId').orderBy('since').execute();
  return rows.map(({ isAdmin, ...row }) => ({ ...withoutNulls(row), isAdmin: isAdmin === 1 }));
}
