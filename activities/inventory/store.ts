import { sql, type Transaction } from 'kysely';
import type { Db, Schema } from './schema.ts';

export type DialectName = 'sqlite' | 'postgresql';

/** An open database. Reads go to `db`, every write through `write`. */
export interface Store {
  readonly dialect: DialectName;
  readonly db: Db;
}

/**
 * One write transaction. SQLite has one writer at a time anyway (`begin immediate`); in PostgreSQL `lock` names what must
 * not be written by two at once, such as `person/p-1`. One lock a transaction: two could wait for each other.
 */
export function write<T>(store: Store, lock: string, work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return store.db.transaction().execute(async (trx) => {
    if (store.dialect === 'postgresql') {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`muster/${lock}`}, 0))`.execute(trx);
    }
    return work(trx);
  });
}
