import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** Who is whom across HR's sources, and whom a complete roster no longer names. */
export async function createAliases(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'aliases',
    columns: { source: 'text', externalId: 'text', personId: 'text', isAuthoritative: 'integer', boundAt: 'text' },
    key: ['source', 'externalId'],
  });
  await db.schema.createIndex('aliasesPerson').on('aliases').columns(['personId', 'source']).execute();
  await createTable(db, dialect, {
    name: 'absences',
    columns: { source: 'text', personId: 'text', since: 'text' },
    key: ['source', 'personId'],
  });
}
