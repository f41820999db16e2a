import { sql, type RawBuilder } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Db, Schema } from './schema.ts';

type Columns = Readonly<Record<string, 'text' | 'integer'>>;
type Rows = readonly Readonly<Record<string, string | number | null>>[];

/**
 * Many rows as one parameter, as a table `r` to select from: a statement of thousands of parameters costs more to build
 * than to run, and a sync's memory. A column's value is the field of its name.
 */
function jsonRows(db: Db, columns: Columns, rows: Rows): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  const isPostgresql = isPostgres(db);
  const picked = Object.entries(columns).map(([name, type]) => {
    const value = isPostgresql ? sql`(value ->> ${sql.lit(name)})::${sql.raw(type)}` : sql`value ->> ${sql.lit(name)}`;
    return sql`${value} as ${sql.ref(name)}`;
  });
  const from = isPostgresql ? sql`json_array_elements(${json}::json) as e(value)` : sql`json_each(${json})`;
  return sql`(select ${sql.join(picked)} from ${from}) as r`;
}

/** Writes many rows by one statement. A row whose key is there takes over `replaced`, and its `reset` becomes NULL. */
export async function upsertRows(
  db: Db,
  table: keyof Schema,
  {
    columns,
    rows,
    constants = {},
    key,
    replaced = [],
    reset,
  }: {
    readonly columns: Columns;
    readonly rows: Rows;
    /** Values that all rows share. */
    readonly constants?: Readonly<Record<string, string>>;
    readonly key: readonly string[];
    readonly replaced?: readonly string[];
    readonly reset: string;
  },
): Promise<void> {
  const names = Object.keys(columns);
  const values = [...names.map(toRef), ...Object.values(constants).map((value) => sql`${value}`)];
  const taken = replaced.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`);
  // `where true`: SQLite would take the `on` of the conflict for one of a join.
  await sql`insert into ${sql.table(table)} (${sql.join([...names, ...Object.keys(constants)].map(toRef))})
    select ${sql.join(values)} from ${jsonRows(db, columns, rows)} where true
    on conflict (${sql.join(key.map(toRef))}) do update set ${sql.join([...taken, sql`${sql.ref(reset)} = null`])}`.execute(
    db,
  );
}

const toRef = (name: string) => sql.ref(name);

/** Texts as one parameter, for `in`. */
export function jsonTexts(db: Db, texts: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(texts);
  return isPostgres(db)
    ? sql`(select json_array_elements_text(${json}::json))`
    : sql`(select value from json_each(${json}))`;
}
