import { sql } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Db } from './schema.ts';

/**
 * What must not be written by two at once, in the order in which one transaction may take several of them: two that took
 * them in different orders could wait for each other. The chain of evidence has one end that everybody writes, so it is last.
 */
const lockOrder = [
  'schema',
  'lease',
  'delivery',
  'deliveries',
  'scim',
  'aliases',
  'absences',
  'changeBudget',
  'account',
  'person',
  'awaitedLogins',
  'accounts',
  'roles',
  'teams',
  'nhis',
  'syncRuns',
  'findings',
  'repairs',
  'keyHealth',
  'entitlementIds',
  'pins',
  'refusals',
  'tokens',
  'evidence',
] as const;

type LockName = (typeof lockOrder)[number];
/** A whole subject, or one of its rows, such as `person/p-1`. */
type Lock = LockName | `${LockName}/${string}`;

/** What is on record of one person. */
export const personLock = (whom: string | { readonly personId: string }): Lock =>
  `person/${typeof whom === 'string' ? whom : whom.personId}`;

/** A query that writes, with the lock that it takes: in the transaction that it is given, else in one of its own. */
export function locked<Query extends (db: Db, ...args: never[]) => Promise<unknown>>(
  lock: Lock | ((...args: ArgumentsOf<Query>) => Lock),
  query: Query,
): Query {
  const underItsLock = (db: Db, ...args: ArgumentsOf<Query>): Promise<unknown> =>
    underLock(db, typeof lock === 'string' ? lock : lock(...args), (trx) => query(trx, ...args));
  return underItsLock as Query;
}

type ArgumentsOf<Query> = Query extends (db: Db, ...args: infer Args) => unknown ? Args : never;

/**
 * SQLite has one writer at a time anyway (`begin immediate`); in PostgreSQL it is the lock that keeps others away until the
 * transaction ends.
 */
export function underLock<Result>(db: Db, lock: Lock, work: (trx: Db) => Promise<Result>): Promise<Result> {
  if (!db.isTransaction) return db.transaction().execute((trx) => underLock(trx, lock, work));
  return take(db, lock).then(() => work(db));
}

/** The same with many locks, in their order. */
export async function underLocks<Result>(
  db: Db,
  locks: readonly Lock[],
  work: (trx: Db) => Promise<Result>,
): Promise<Result> {
  if (!db.isTransaction) return db.transaction().execute((trx) => underLocks(trx, locks, work));
  const sorted = [...new Set(locks)].toSorted((one, other) => (isBefore(one, other) ? -1 : 1));
  for (const lock of sorted) await take(db, lock);
  return work(db);
}

const taken = new WeakMap<Db, readonly Lock[]>();

async function take(trx: Db, lock: Lock): Promise<void> {
  const before = taken.get(trx) ?? [];
  if (before.includes(lock)) return;
  const last = before.at(-1);
  if (last !== undefined && isBefore(lock, last)) {
    throw new Error(`a transaction that has the lock ${last} cannot take ${lock}: it has to come first`);
  }
  taken.set(trx, [...before, lock]);
  if (!isPostgres(trx)) return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`muster/${lock}`}, 0))`.execute(trx);
}

function isBefore(one: Lock, other: Lock): boolean {
  const difference = rankOf(one) - rankOf(other);
  return difference === 0 ? one < other : difference < 0;
}

const rankOf = (lock: Lock): number => lockOrder.findIndex((name) => lock === name || lock.startsWith(`${name}/`));
