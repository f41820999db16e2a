import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** Messages of HR's sources that were handed to the engine: the same one again is not handed over twice. */
export async function createDeliveries(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'deliveries',
    columns: { source: 'text', messageId: 'text', acceptedAt: 'text' },
    key: ['source', 'messageId'],
  });
  await db.schema.createIndex('deliveriesAcceptedAt').on('deliveries').column('acceptedAt').execute();
}
