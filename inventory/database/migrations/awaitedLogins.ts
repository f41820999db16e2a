import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** Whose account SSO makes when they first log in. */
export const createAwaitedLogins = (db: Db, dialect: DialectName): Promise<void> =>
  createTable(db, dialect, {
    name: 'awaitedLogins',
    columns: { personId: 'text', email: 'text', since: 'text', lookedAt: 'text' },
    key: ['personId'],
  });
