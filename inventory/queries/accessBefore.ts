import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { AccessBefore } from '../port/changeBudget.ts';
import { canonicalJson, parseJson } from '../port/json.ts';

/** A process that is repeated must not write down the emptied account over the full one. */
export const recordAccessBefore = locked(
  personLock,
  async (db: Db, { access, ...before }: AccessBefore): Promise<void> => {
    const known = await findAccessBefore(db, before.personId);
    const isKnown = known?.eventId === before.eventId;
    const areTeamsNew = known?.access.teamsNotVisible !== undefined && access.teamsNotVisible === undefined;
    if (isKnown && !areTeamsNew) return;
    const whole = isKnown ? { roles: known.access.roles, teams: access.teams } : access;
    const row = { ...before, access: canonicalJson(whole) };
    await db
      .insertInto('accessBefore')
      .values(row)
      .onConflict((conflict) => conflict.column('personId').doUpdateSet(row))
      .execute();
  },
);

export async function findAccessBefore(db: Db, personId: string): Promise<AccessBefore | undefined> {
  const row = await db.selectFrom('accessBefore').selectAll().where('personId', '=', personId).executeTakeFirst();
  return row && { ...row, access: parseJson(row.access) };
}
