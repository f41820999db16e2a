import { sql, type Transaction } from 'kysely';
import type { Db, Schema } from './schema.ts';

export type DialectName = 'sqlite' | 'postgresql';

/** An open database. Reads go to `db`, every write through `write` or `writeTogether`. */
export interface Store {
  readonly dialect: DialectName;
  readonly db: Db;
}

/** Does one thing under the lock that names what must not be written by two at once, such as `person/p-1`. */
export type Write = <T>(lock: string, work: (trx: Db) => Promise<T>) => Promise<T>;

export const personLock = (personId: string): string => `person/${personId}`;
/** The chain has one end: whoever takes this lock takes no other one after it. */
export const evidenceLock = 'evidence';

/**
 * One write transaction. SQLite has one writer at a time anyway (`begin immediate`); in PostgreSQL it is `lock` that keeps
 * others away.
 */
export function write<T>(store: Store, lock: string, work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return store.db.transaction().execute(async (trx) => {
    await take(store, trx, lock);
    return work(trx);
  });
}

/**
 * Several writes of one decision in one transaction: all of them, or none. Each takes its lock, the evidence's the last:
 * two transactions that took their locks in another order could wait for each other.
 */
export function writeTogether<T>(
  store: Store,
  work: (trx: Transaction<Schema>, write: Write) => Promise<T>,
): Promise<T> {
  return store.db.transaction().execute((trx) =>
    work(trx, async (lock, change) => {
      await take(store, trx, lock);
      return change(trx);
    }),
  );
}

async function take({ dialect }: Store, trx: Transaction<Schema>, lock: string): Promise<void> {
  if (dialect !== 'postgresql') return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`muster/${lock}`}, 0))`.execute(trx);
}
