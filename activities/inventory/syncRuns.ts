import type { SyncDepth, SyncSummary } from '../../workflows/core/contracts.ts';
import { canonicalJson, parseJson, present } from './json.ts';
import type { Db } from './schema.ts';
import type { SyncRunRow } from './types.ts';

export async function startSyncRun(
  db: Db,
  { runId, depth, startedAt }: { runId: string; depth: SyncDepth; startedAt: string },
): Promise<void> {
  await db
    .insertInto('syncRuns')
    .values({ runId, depth, startedAt })
    .onConflict((conflict) => conflict.column('runId').doNothing())
    .execute();
}

/** A run that was never started leaves no trace; the first end of a run stays. */
export async function finishSyncRun(
  db: Db,
  runId: string,
  summary: SyncSummary,
  at: string,
  reason?: string,
): Promise<void> {
  await db
    .updateTable('syncRuns')
    .set({ finishedAt: at, summary: canonicalJson(summary), reason: reason ?? null })
    .where('runId', '=', runId)
    .where('finishedAt', 'is', null)
    .execute();
}

/** The newest first. */
export async function listSyncRuns(db: Db, limit: number): Promise<readonly SyncRunRow[]> {
  const rows = await db
    .selectFrom('syncRuns')
    .selectAll()
    .orderBy('startedAt', 'desc')
    .orderBy('runId', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ runId, depth, startedAt, finishedAt, summary, reason }) => ({
    runId,
    depth,
    startedAt,
    ...present('finishedAt', finishedAt),
    ...(summary === null ? {} : { summary: parseJson(summary) }),
    ...present('reason', reason),
  }));
}
