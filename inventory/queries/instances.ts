import { dayMs } from '../../domain/durations.ts';
import type { Instance } from '../../domain/instances.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';

/** An instance reports about itself. Those that have been silent for a day before that are forgotten. */
export async function reportInstance(db: Db, { refusal, ...instance }: Instance): Promise<void> {
  const row = { ...instance, refusal: refusal ?? null };
  await db
    .insertInto('instances')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  const dayBefore = new Date(Date.parse(instance.lastSeenAt) - dayMs).toISOString();
  await db.deleteFrom('instances').where('lastSeenAt', '<', dayBefore).execute();
}

/** It has ended in order. */
export async function forgetInstance(db: Db, id: string): Promise<void> {
  await db.deleteFrom('instances').where('id', '=', id).execute();
}

/** Those that have reported since then, the oldest first. */
export async function listInstances(db: Db, since: string): Promise<readonly Instance[]> {
  const rows = await db
    .selectFrom('instances')
    .selectAll()
    .where('lastSeenAt', '>=', since)
    .orderBy('startedAt')
    .orderBy('id')
    .execute();
  return rows.map((row) => withoutNulls(row));
}
