import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

export async function createLeaverTables(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'disables',
    columns: {
      eventId: 'text',
      personId: 'text',
      state: 'text',
      askedAt: 'text',
      admittedAt: 'text?',
      actor: 'text?',
      reason: 'text?',
    },
    key: ['eventId'],
  });
  await db.schema.createIndex('disablesAdmitted').on('disables').column('admittedAt').execute();
  await createTable(db, dialect, {
    name: 'leases',
    columns: { name: 'text', holder: 'text', until: 'text' },
    key: ['name'],
  });
  await createTable(db, dialect, {
    name: 'accessBefore',
    columns: { personId: 'text', accountId: 'text', eventId: 'text', at: 'text', access: 'text' },
    key: ['personId'],
  });
}
