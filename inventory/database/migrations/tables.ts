import type { Schema } from '../schema.ts';

type ColumnOf<Value> = null extends Value ? `${TypeOf<NonNullable<Value>>}?` : TypeOf<Value>;
type TypeOf<Value> = Value extends number ? 'integer' : 'text';

interface Table<Row> {
  /** A `?` may be NULL. */
  readonly columns: { readonly [Name in keyof Row]: ColumnOf<Row[Name]> };
  readonly key: readonly (keyof Row & string)[];
  readonly indexes?: Readonly<Record<string, Index<Row>>>;
}

interface Index<Row> {
  readonly on: readonly (keyof Row & string)[];
  readonly isUnique?: true;
  /** Only of rows where a column has this value. */
  readonly where?: { readonly [Name in keyof Row]?: null | 1 };
}

/** As long as this is the only migration, the compiler holds it against the rows that queries read and write. */
export type Tables = { readonly [Name in Exclude<keyof Schema, 'musterSchema'>]: Table<Schema[Name]> };
