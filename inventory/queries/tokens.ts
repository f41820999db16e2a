import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import type { TokenRow } from '../port/tokens.ts';

/** `hash` is the SHA-256 of the token, hex. */
export const createToken = locked('tokens', async (db: Db, token: TokenRow, hash: string): Promise<void> => {
  const { id, role, personId, source, createdAt, expiresAt, revokedAt } = token;
  const row = { id, hash, role, personId, source, createdAt, expiresAt, revokedAt };
  await db.insertInto('tokens').values(row).execute();
});

/** Undefined where no token has this id. Its first revocation stays. */
export const revokeToken = locked('tokens', async (db: Db, id: string, at: string): Promise<TokenRow | undefined> => {
  await db.updateTable('tokens').set({ revokedAt: at }).where('id', '=', id).where('revokedAt', 'is', null).execute();
  return findToken(db, { id });
});

const columns = ['id', 'role', 'personId', 'source', 'createdAt', 'expiresAt', 'revokedAt'] as const;

/** Oldest first, the revoked ones too. */
export async function listTokens(db: Db): Promise<readonly TokenRow[]> {
  const rows = await db.selectFrom('tokens').select(columns).orderBy('createdAt').orderBy('id').execute();
  return rows.map((row) => withoutNulls(row));
}

/** Revoked and expired ones too: see `isInForce`. A hash is looked up whole: how long that takes tells nothing of the token. */
export async function findToken(db: Db, by: { hash: string } | { id: string }): Promise<TokenRow | undefined> {
  const query = db.selectFrom('tokens').select(columns);
  const found = 'hash' in by ? query.where('hash', '=', by.hash) : query.where('id', '=', by.id);
  const row = await found.executeTakeFirst();
  return row && withoutNulls(row);
}
