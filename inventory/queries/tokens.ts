import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { parseJson } from '../port/json.ts';
import { revocationOf, type StoredToken, type TokenRow } from '../port/tokens.ts';

export const createToken = locked('tokens', async (db: Db, token: StoredToken): Promise<void> => {
  const { id, hash, seal, role, personId, source, createdAt, expiresAt } = token;
  await db.insertInto('tokens').values({ id, hash, seal, role, personId, source, createdAt, expiresAt }).execute();
});

/** Undefined where no token has this id. Its first revocation stays. */
export const revokeToken = locked('tokens', async (db: Db, id: string, at: string): Promise<TokenRow | undefined> => {
  await db.updateTable('tokens').set({ revokedAt: at }).where('id', '=', id).where('revokedAt', 'is', null).execute();
  return findToken(db, { id });
});

/** Oldest first, the revoked ones too. */
export async function listTokens(db: Db): Promise<readonly StoredToken[]> {
  const rows = await db.selectFrom('tokens').selectAll().orderBy('createdAt').orderBy('id').execute();
  return Promise.all(rows.map((row) => withRevocation(db, withoutNulls(row))));
}

/** Revoked and expired ones too: see `isInForce`. A hash is looked up whole: how long that takes tells nothing of the token. */
export async function findToken(db: Db, by: { hash: string } | { id: string }): Promise<StoredToken | undefined> {
  const query = db.selectFrom('tokens').selectAll();
  const found = 'hash' in by ? query.where('hash', '=', by.hash) : query.where('id', '=', by.id);
  const row = await found.executeTakeFirst();
  return row && withRevocation(db, withoutNulls(row));
}

/** The row alone could lose its revocation; the chain of evidence says it too. */
async function withRevocation(db: Db, token: StoredToken): Promise<StoredToken> {
  if (token.revokedAt !== undefined) return token;
  const { eventId, step } = revocationOf(token);
  const link = await db
    .selectFrom('evidence')
    .select('entry')
    .where('eventId', '=', eventId)
    .where('step', '=', step)
    .executeTakeFirst();
  return link === undefined ? token : { ...token, revokedAt: parseJson(link.entry).at };
}
