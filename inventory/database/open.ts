import { CamelCasePlugin, Kysely } from 'kysely';
import { migrate } from './migrations.ts';
import { createPostgresDialect } from './postgresql.ts';
import type { Schema } from './schema.ts';
import { createSqliteDialect } from './sqlite.ts';
import type { Store } from './store.ts';

export interface InventoryLocation {
  /** `postgres://…`; wins over `file`. */
  readonly url?: string;
  /** The SQLite file; its folder is made where it is missing. */
  readonly file?: string;
}

/** Opens the database and brings it to this version's schema. */
export async function openStore({ url, file }: InventoryLocation): Promise<Store> {
  const store = connect(url, file);
  try {
    await migrate(store);
    return store;
  } catch (error) {
    await store.db.destroy();
    throw error;
  }
}

function connect(url: string | undefined, file: string | undefined): Store {
  const plugins = [new CamelCasePlugin()];
  if (url !== undefined && url !== '') {
    return { dialect: 'postgresql', db: new Kysely<Schema>({ dialect: createPostgresDialect(url), plugins }) };
  }
  if (file !== undefined && file !== '') {
    return { dialect: 'sqlite', db: new Kysely<Schema>({ dialect: createSqliteDialect(file), plugins }) };
  }
  throw new Error('the inventory needs a place: give `file` (SQLite) or `url` (postgres://…)');
}
