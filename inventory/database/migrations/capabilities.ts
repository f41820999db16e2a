import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** What the key may do, known once for everybody, and what people are owed until it may do more. */
export async function createCapabilityTables(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'keyHealth',
    columns: { permission: 'text', answer: 'text', checkedAt: 'text', nextProbeAt: 'text', probes: 'integer' },
    key: ['permission'],
  });
  await createTable(db, dialect, {
    name: 'owedParts',
    columns: { personId: 'text', permission: 'text', part: 'text', since: 'text' },
    key: ['personId', 'permission'],
  });
}
