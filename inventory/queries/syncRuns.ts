import type { SyncDepth } from '../../domain/contracts.ts';
import type { KindState, KindStates, SyncKind } from '../../domain/sync/kinds.ts';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { StandingKinds, SyncRunEnd, SyncRunRow } from '../port/syncRuns.ts';

export const startSyncRun = locked(
  'syncRuns',
  async (
    db: Db,
    { runId, depth, startedAt }: { runId: string; depth: SyncDepth; startedAt: string },
  ): Promise<void> => {
    await db
      .insertInto('syncRuns')
      .values({ runId, depth, startedAt })
      .onConflict((conflict) => conflict.column('runId').doNothing())
      .execute();
  },
);

/** A run that was never started leaves no trace; the first end of a run stays. */
export const finishSyncRun = locked(
  'syncRuns',
  async (db: Db, { runId, summary, at, reason, kinds }: SyncRunEnd): Promise<void> => {
    const run = await db
      .updateTable('syncRuns')
      .set({ finishedAt: at, summary: canonicalJson(summary), reason: reason ?? null })
      .where('runId', '=', runId)
      .where('finishedAt', 'is', null)
      .returning('startedAt')
      .executeTakeFirst();
    const states = Object.entries(kinds) as [SyncKind, KindState][];
    if (run === undefined || states.length === 0) return;
    await db
      .insertInto('syncRunKinds')
      .values(
        states.map(([kind, state]) => ({
          runId,
          kind,
          state: state.state,
          permission: 'permission' in state ? state.permission : null,
          reason: 'reason' in state ? state.reason : null,
          // The readings of a run are at least as new as its start.
          readAt: run.startedAt,
        })),
      )
      .execute();
  },
);

/** The newest first. */
export async function listSyncRuns(db: Db, limit: number): Promise<readonly SyncRunRow[]> {
  const rows = await db
    .selectFrom('syncRuns')
    .selectAll()
    .orderBy('startedAt', 'desc')
    .orderBy('runId', 'desc')
    .limit(limit)
    .execute();
  const kinds = await kindsOf(
    db,
    rows.map(({ runId }) => runId),
  );
  return rows.map(({ summary, ...row }) => ({
    ...withoutNulls(row),
    summary: parseJson(summary),
    kinds: kinds.get(row.runId) ?? {},
  }));
}

/** The newest full run that has ended. */
export const lastFullRun = (db: Db) =>
  db
    .selectFrom('syncRuns')
    .select(['runId', 'finishedAt'])
    .where('finishedAt', 'is not', null)
    .where('depth', '=', 'full')
    .orderBy('startedAt', 'desc')
    .limit(1)
    .executeTakeFirst();

/** How completely each kind was read, by the last finished full run, and when it was last read whole. */
export async function standingKinds(db: Db): Promise<StandingKinds> {
  const run = await lastFullRun(db);
  const last = run === undefined ? {} : ((await kindsOf(db, [run.runId])).get(run.runId) ?? {});
  const whole = await db
    .selectFrom('syncRunKinds')
    .select(['kind', ({ fn }) => fn.max('readAt').as('readAt')])
    .where('state', '=', 'complete')
    .groupBy('kind')
    .execute();
  return { last, completeAt: Object.fromEntries(whole.map(({ kind, readAt }) => [kind, readAt])) };
}

async function kindsOf(db: Db, runIds: readonly string[]): Promise<ReadonlyMap<string, KindStates>> {
  if (runIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('syncRunKinds')
    .selectAll()
    .where('runId', 'in', runIds)
    .orderBy('runId')
    .orderBy('kind')
    .execute();
  const kinds = new Map<string, Partial<Record<SyncKind, KindState>>>();
  for (const { runId, kind, state, permission, reason } of rows) {
    const states = kinds.get(runId) ?? {};
    states[kind] = toState(state, permission, reason);
    kinds.set(runId, states);
  }
  return kinds;
}

function toState(state: KindState['state'], permission: string | null, reason: string | null): KindState {
  if (state === 'notVisible') return { state, permission: permission ?? '' };
  return state === 'incomplete' ? { state, reason: reason ?? '' } : { state };
}
