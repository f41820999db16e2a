import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** Writes that were asked of Datadog and of which nobody knows yet whether they happened. */
export const createOpenWrites = (db: Db, dialect: DialectName): Promise<void> =>
  createTable(db, dialect, {
    name: 'openWrites',
    columns: { personId: 'text', accountId: 'text', step: 'text', asked: 'integer', askedAt: 'text', write: 'text' },
    key: ['personId', 'accountId', 'step'],
  });
