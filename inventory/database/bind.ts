import type { Db } from './schema.ts';

type Query = (db: Db, ...args: never[]) => Promise<unknown>;

/** The same functions without the database, which is settled. */
export type Bound<Queries> = {
  [Name in keyof Queries]: Queries[Name] extends (db: Db, ...args: infer Args) => infer Result
    ? (...args: Args) => Result
    : never;
};

export function bind<Queries extends Readonly<Record<keyof Queries, Query>>>(queries: Queries, db: Db): Bound<Queries> {
  const bound = Object.entries<Query>(queries).map(([name, query]) => [name, query.bind(undefined, db)]);
  return Object.fromEntries(bound) as Bound<Queries>;
}
