import { CamelCasePlugin, Kysely, type Dialect } from 'kysely';
import { migrate } from './migrations.ts';
import type { Db, Schema } from './schema.ts';

export interface InventoryLocation {
  /** `postgres://…`; wins over `file`. */
  readonly url?: string;
  /** The SQLite file; its folder is made where it is missing. */
  readonly file?: string;
}

/** Opens the database and brings it to this version's schema. */
export async function openDatabase(location: InventoryLocation): Promise<Db> {
  const db: Db = new Kysely<Schema>({ dialect: await dialectFor(location), plugins: [new CamelCasePlugin()] });
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Loads the one driver that is needed. */
async function dialectFor({ url, file }: InventoryLocation): Promise<Dialect> {
  if (url !== undefined && url !== '') return (await import('./postgresql.ts')).createPostgresDialect(url);
  if (file !== undefined && file !== '') return (await import('./sqlite.ts')).createSqliteDialect(file);
  throw new Error('the inventory needs a place: give `file` (SQLite) or `url` (postgres://…)');
}
