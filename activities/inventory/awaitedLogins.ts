import { foldCase } from './json.ts';
import type { Db } from './schema.ts';

/** Somebody for whom SSO makes an account when they first log in. */
export interface AwaitedLogin {
  readonly personId: string;
  /** Case-folded. */
  readonly email: string;
  readonly since: string;
  /** Accounts that appeared before this were looked at. */
  readonly lookedAt: string;
}

export interface AwaitedLoginInventory {
  /** One a person: another e-mail replaces the one before. */
  awaitLogin(personId: string, email: string, at: string): Promise<void>;
  /** The longest unlooked first. */
  listAwaitedLogins(personId?: string): Promise<readonly AwaitedLogin[]>;
  noteLookedForLogins(personIds: readonly string[], at: string): Promise<void>;
}

export async function awaitLogin(db: Db, personId: string, email: string, at: string): Promise<void> {
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
}

export async function listAwaitedLogins(db: Db, personId?: string): Promise<readonly AwaitedLogin[]> {
  const query = db.selectFrom('awaitedLogins').selectAll().orderBy('lookedAt').orderBy('personId');
  return (personId === undefined ? query : query.where('personId', '=', personId)).execute();
}

/** Well below what one statement may name. */
const namedAtOnce = 500;

export async function noteLookedForLogins(db: Db, personIds: readonly string[], at: string): Promise<void> {
  for (let from = 0; from < personIds.length; from += namedAtOnce) {
    await db
      .updateTable('awaitedLogins')
      .set({ lookedAt: at })
      .where('personId', 'in', personIds.slice(from, from + namedAtOnce))
      .where('lookedAt', '<', at)
      .execute();
  }
}

export async function forgetAwaitedLogin(db: Db, personId: string): Promise<void> {
  await db.deleteFrom('awaitedLogins').where('personId', '=', personId).execute();
}
