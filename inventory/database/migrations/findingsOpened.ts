import type { Db } from '../schema.ts';

/** Lists sort by severity first, so that no query could use it, and each finding that opened was written to a page of its own. */
export async function dropFindingsOpened(db: Db): Promise<void> {
  await db.schema.dropIndex('findingsOpened').execute();
}
