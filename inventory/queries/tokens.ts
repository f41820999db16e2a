import { locked } from '../database/locks.ts';
import type { Selectable } from 'kysely';
import { present } from '../port/json.ts';
import type { Db, Schema } from '../database/schema.ts';
import type { TokenRow } from '../port/tokens.ts';

/** `hash` is the SHA-256 of the token, hex. */
export const createToken = locked('tokens', async (db: Db, token: TokenRow, hash: string): Promise<void> => {
  const { id, role, personId = null, source = null, createdAt, expiresAt = null, revokedAt = null } = token;
  await db
    .insertInto('tokens')
    .values({ tokenId: id, hash, role, personId, source, createdAt, expiresAt, revokedAt })
    .execute();
});

/** Undefined where no token has this id. Its first revocation stays. */
export const revokeToken = locked('tokens', async (db: Db, id: string, at: string): Promise<TokenRow | undefined> => {
  await db
    .updateTable('tokens')
    .set({ revokedAt: at })
    .where('tokenId', '=', id)
    .where('revokedAt', 'is', null)
    .execute();
  return findToken(db, { id });
});

/** Oldest first, the revoked ones too. */
export async function listTokens(db: Db): Promise<readonly TokenRow[]> {
  const rows = await db.selectFrom('tokens').selectAll().orderBy('createdAt').orderBy('tokenId').execute();
  return rows.map(toTokenRow);
}

/** Finds revoked and expired ones too: see `isInForce`. The hash is looked up whole: how long that takes tells nothing of the token. */
export async function findToken(db: Db, by: { hash: string } | { id: string }): Promise<TokenRow | undefined> {
  const query = db.selectFrom('tokens').selectAll();
  const found = 'hash' in by ? query.where('hash', '=', by.hash) : query.where('tokenId', '=', by.id);
  const row = await found.executeTakeFirst();
  return row && toTokenRow(row);
}

function toTokenRow(row: Selectable<Schema['tokens']>): TokenRow {
  return {
    id: row.tokenId,
    role: row.role,
    ...present('personId', row.personId),
    ...present('source', row.source),
    createdAt: row.createdAt,
    ...present('expiresAt', row.expiresAt),
    ...present('revokedAt', row.revokedAt),
  };
}
