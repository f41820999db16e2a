import { sql } from 'kysely';
import { underLock } from './locks.ts';
import { createFirstSchema } from './migrations/first.ts';
import type { Db } from './schema.ts';

/** In order; the version of an inventory is how many of them it has. A migration that was released never changes. */
const migrations: readonly ((db: Db) => Promise<void>)[] = [createFirstSchema];

/** Brings the inventory to this version, in whichever process comes first. Throws when a newer Muster wrote it. */
export async function migrate(db: Db): Promise<void> {
  if ((await versionOf(db)) === migrations.length) return;
  await underLock(db, 'schema', async (trx) => {
    await sql`create table if not exists muster_schema (version integer primary key, applied_at text not null)`.execute(
      trx,
    );
    const present = (await versionOf(trx)) ?? 0;
    if (present > migrations.length) {
      throw new Error(
        `the inventory has schema ${present}, this Muster knows ${migrations.length}: ` +
          'a newer Muster wrote it; run that version or a later one',
      );
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < present) continue;
      await migration(trx);
      await trx
        .insertInto('musterSchema')
        .values({ version: index + 1, appliedAt: new Date().toISOString() })
        .execute();
    }
  });
}

/** `undefined` for an empty database. */
async function versionOf(db: Db): Promise<number | undefined> {
  const tables = await db.introspection.getTables();
  if (!tables.some(({ name }) => name === 'musterSchema' || name === 'muster_schema')) return undefined;
  const row = await db
    .selectFrom('musterSchema')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  return row?.version ?? undefined;
}
