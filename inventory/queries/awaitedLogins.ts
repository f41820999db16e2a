import { foldCase } from '../../domain/text.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { AwaitedLogin } from '../port/people.ts';

/** One a person: another e-mail replaces the one before. */
export const awaitLogin = locked(
  personLock,
  async (db: Db, personId: string, email: string, at: string): Promise<void> => {
    const row = { email: foldCase(email), since: at, lookedAt: at };
    await db
      .insertInto('awaitedLogins')
      .values({ personId, ...row })
      .onConflict((conflict) =>
        conflict
          .column('personId')
          .doUpdateSet(row)
          .where((where) => where('awaitedLogins.email', '!=', row.email)),
      )
      .execute();
  },
);

/** Those looked for longest ago come first. */
export async function listAwaitedLogins(db: Db, personId?: string): Promise<readonly AwaitedLogin[]> {
  const query = db.selectFrom('awaitedLogins').selectAll().orderBy('lookedAt').orderBy('personId');
  return (personId === undefined ? query : query.where('personId', '=', personId)).execute();
}

export const noteLookedForLogins = locked(
  'awaitedLogins',
  async (db: Db, personIds: readonly string[], at: string): Promise<void> => {
    await db
      .updateTable('awaitedLogins')
      .set({ lookedAt: at })
      .where('personId', 'in', jsonTexts(db, personIds))
      .where('lookedAt', '<', at)
      .execute();
  },
);

export async function forgetAwaitedLogin(db: Db, personId: string): Promise<void> {
  await db.deleteFrom('awaitedLogins').where('personId', '=', personId).execute();
}
