import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

export async function createTokens(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'tokens',
    columns: {
      tokenId: 'text',
      hash: 'text',
      role: 'text',
      personId: 'text?',
      source: 'text?',
      createdAt: 'text',
      expiresAt: 'text?',
      revokedAt: 'text?',
    },
    key: ['tokenId'],
  });
  await db.schema.createIndex('tokensHash').on('tokens').column('hash').unique().execute();
}
