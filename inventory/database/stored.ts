import type { Json } from '../port/json.ts';

/** A row as it is stored: what may be absent is NULL, a flag is 0 or 1, and the fields of `Parts` are JSON. */
export type Stored<Row, Parts extends keyof Row = never> = {
  -readonly [Name in keyof Row]-?:
    | (Name extends Parts ? Json<Exclude<Row[Name], undefined>> : StoredValue<Exclude<Row[Name], undefined>>)
    | (undefined extends Row[Name] ? null : never);
};

type StoredValue<Value> = Value extends boolean ? number : Value;

export const toFlag = (flag: boolean): number => (flag ? 1 : 0);

type WithoutNulls<Row> = { [Name in keyof Row as null extends Row[Name] ? never : Name]: Row[Name] } & {
  [Name in keyof Row as null extends Row[Name] ? Name : never]?: NonNullable<Row[Name]>;
};

/** What is NULL in the table is absent in the row. */
export function withoutNulls<Row extends object>(row: Row): WithoutNulls<Row> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as WithoutNulls<Row>;
}
