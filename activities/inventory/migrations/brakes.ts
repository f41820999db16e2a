import type { Db } from '../schema.ts';
import type { DialectName } from '../store.ts';
import { createTable } from './table.ts';

/** Who was disabled, or waits for a person's word; what they held before; who may look after administrators now. */
export async function createBrakes(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'disables',
    columns: {
      personId: 'text',
      eventId: 'text',
      accountId: 'text',
      state: 'text',
      askedAt: 'text',
      admittedAt: 'text?',
      decidedAt: 'text?',
      actor: 'text?',
      reason: 'text?',
    },
    key: ['personId', 'eventId'],
  });
  await db.schema.createIndex('disablesAdmittedAt').on('disables').column('admittedAt').execute();
  await createTable(db, dialect, {
    name: 'endedAccess',
    columns: {
      personId: 'text',
      eventId: 'text',
      accountId: 'text',
      access: 'text',
      recordedAt: 'text',
      disabledAt: 'text?',
      restoredAt: 'text?',
    },
    key: ['personId', 'eventId'],
  });
  await createTable(db, dialect, {
    name: 'leases',
    columns: { name: 'text', holder: 'text', until: 'text' },
    key: ['name'],
  });
}
