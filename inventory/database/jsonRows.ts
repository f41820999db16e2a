import { sql, type RawBuilder } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Db } from './schema.ts';

type ColumnType = 'text' | 'integer';

/**
 * Many rows as one parameter, as a table `r` to select from: a statement of thousands of parameters costs more to build
 * than to run, and a sync's memory. A column's value is the field of its name.
 */
export function jsonRows(
  db: Db,
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly Readonly<Record<string, string | number | null>>[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  const isPostgresql = isPostgres(db);
  const picked = Object.entries(columns).map(([name, type]) => {
    const value = isPostgresql ? sql`(value ->> ${sql.lit(name)})::${sql.raw(type)}` : sql`value ->> ${sql.lit(name)}`;
    return sql`${value} as ${sql.ref(name)}`;
  });
  const from = isPostgresql ? sql`json_array_elements(${json}::json) as e(value)` : sql`json_each(${json})`;
  return sql`(select ${sql.join(picked)} from ${from}) as r`;
}

/** Texts as one parameter, for `in`. */
export function jsonTexts(db: Db, texts: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(texts);
  return isPostgres(db)
    ? sql`(select json_array_elements_text(${json}::json))`
    : sql`(select value from json_each(${json}))`;
}
