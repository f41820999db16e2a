import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { AccessBefore } from '../port/changeBudget.ts';
import { canonicalJson, parseJson } from '../port/json.ts';

/** A process that is repeated must not write down the emptied account over the full one. */
export const recordAccessBefore = locked(
  personLock,
  async (db: Db, { access, ...before }: AccessBefore): Promise<void> => {
    const known = await findAccessBefore(db, before.personId);
    if (known?.eventId === before.eventId) return;
    const row = { ...before, access: canonicalJson(access) };
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
