import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** Which role or team a name of the policy has meant since it was first looked up. */
export const createEntitlementIds = (db: Db, dialect: DialectName): Promise<void> =>
  createTable(db, dialect, {
    name: 'entitlementIds',
    columns: { kind: 'text', name: 'text', id: 'text', since: 'text' },
    key: ['kind', 'name'],
  });
