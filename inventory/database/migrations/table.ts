import { sql } from 'kysely';
import type { Db, Schema } from '../schema.ts';
import type { DialectName } from '../dialect.ts';

/** A `?` may be empty. */
export type Columns = Readonly<Record<string, 'text' | 'text?' | 'integer' | 'integer?'>>;

/** Text sorts by its bytes in both databases, whatever the locale of the PostgreSQL cluster is. */
export async function createTable(
  db: Db,
  dialect: DialectName,
  { name, columns, key }: { name: keyof Schema; columns: Columns; key: readonly string[] },
): Promise<void> {
  const text = dialect === 'postgresql' ? sql`text collate "C"` : sql`text`;
  const made = Object.entries(columns).map(([column, type]) => {
    const kind = type.startsWith('text') ? text : sql`integer`;
    return type.endsWith('?') ? sql`${sql.ref(column)} ${kind}` : sql`${sql.ref(column)} ${kind} not null`;
  });
  const keys = key.map((column) => sql.ref(column));
  await sql`create table ${sql.table(name)} (${sql.join([...made, sql`primary key (${sql.join(keys)})`])})`.execute(db);
}
