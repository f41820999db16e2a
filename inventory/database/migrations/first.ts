import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { isPostgres } from '../dialect.ts';
import { guardEvidence } from '../guards.ts';
import type { Db } from '../schema.ts';
import { intakeTables } from './firstIntake.ts';
import { observedTables } from './firstObserved.ts';
import { recordTables } from './firstRecord.ts';
import { removalTables } from './firstRemovals.ts';
import type { Tables } from './tables.ts';

const tables: Tables = { ...intakeTables, ...recordTables, ...removalTables, ...observedTables };

export async function createFirstSchema(db: Db): Promise<void> {
  for (const [name, table] of Object.entries<AnyTable>(tables)) {
    await createTable(db, name, table);
    for (const [indexName, index] of Object.entries(table.indexes ?? {})) await createIndex(db, name, indexName, index);
  }
  await guardEvidence(db);
  await db.insertInto('identity').values({ inventoryId: randomUUID(), createdAt: new Date().toISOString() }).execute();
}

interface AnyTable {
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  readonly indexes?: Readonly<Record<string, AnyIndex>>;
}

interface AnyIndex {
  readonly on: readonly string[];
  readonly isUnique?: true;
  readonly where?: Readonly<Record<string, null | 1>>;
}

/** Text sorts by its bytes in both databases, whatever the locale of the PostgreSQL cluster is. */
async function createTable(db: Db, name: string, { columns, key }: AnyTable): Promise<void> {
  const text = isPostgres(db) ? sql`text collate "C"` : sql`text`;
  const made = Object.entries(columns).map(([column, type]) => {
    const kind = type.startsWith('text') ? text : sql`integer`;
    return type.endsWith('?') ? sql`${sql.ref(column)} ${kind}` : sql`${sql.ref(column)} ${kind} not null`;
  });
  const keys = key.map((column) => sql.ref(column));
  await sql`create table ${sql.table(name)} (${sql.join([...made, sql`primary key (${sql.join(keys)})`])})`.execute(db);
}

async function createIndex(db: Db, table: string, name: string, { on, isUnique, where = {} }: AnyIndex) {
  const columns = sql.join(on.map((column) => sql.ref(column)));
  const conditions = Object.entries(where).map(([column, value]) =>
    value === null ? sql`${sql.ref(column)} is null` : sql`${sql.ref(column)} = ${sql.lit(value)}`,
  );
  const condition = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  const kind = isUnique === true ? sql`unique index` : sql`index`;
  await sql`create ${kind} ${sql.ref(name)} on ${sql.table(table)} (${columns}) ${condition}`.execute(db);
}
