import type { Db } from '../schema.ts';

/** Which roster was the first that did not name the person. */
export async function addRosterOfAbsences(db: Db): Promise<void> {
  await db.schema.alterTable('absences').addColumn('roster', 'text').execute();
}
