import type { Selectable } from 'kysely';
import { chunksOf } from '../database/chunks.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { QuarantineDecision, QuarantineRow, RepairCandidate } from '../port/repairs.ts';

const chunkSize = 200;
/** How long a repair counts for what does not last. */
const countsForMs = 7 * 86_400_000;
const timesToContest = 3;

/** Remembers what is about to be repaired, to see what does not last. */
export const recordRepairs = locked(
  'repairs',
  async (db: Db, runId: string, repairs: readonly RepairCandidate[], at: string): Promise<void> => {
    const rows = repairs.flatMap(({ personId, subjects }) =>
      subjects.map((subject) => ({ runId, subject, personId, at })),
    );
    for (const some of chunksOf(rows, chunkSize)) {
      await db
        .insertInto('repairs')
        .values(some)
        .onConflict((conflict) => conflict.columns(['runId', 'subject']).doNothing())
        .execute();
    }
    if (rows.length === 0) return;
    const forgotten = new Date(Date.parse(at) - 2 * countsForMs).toISOString();
    await db.deleteFrom('repairs').where('at', '<', forgotten).execute();
  },
);

/** Repaired three times in a week; contested drift stays contested until it is gone. */
export async function contestedSubjects(db: Db, now: string): Promise<ReadonlySet<string>> {
  const since = new Date(Date.parse(now) - countsForMs).toISOString();
  const often = await db
    .selectFrom('repairs')
    .select('subject')
    .where('at', '>', since)
    .groupBy('subject')
    .having(({ fn }) => fn.countAll(), '>=', timesToContest)
    .execute();
  const open = await db
    .selectFrom('findings')
    .select('subject')
    .where('kind', '=', 'contestedGrant')
    .where('closedAt', 'is', null)
    .execute();
  return new Set([...often, ...open].map(({ subject }) => subject));
}

/** Replaces the batch that is open, unless it is for the same. Returns the id of the batch that is open now. */
export const openQuarantine = locked(
  'repairs',
  async (db: Db, batch: Omit<QuarantineRow, 'state'>): Promise<string> => {
    const { batchId, runId, openedAt, budget } = batch;
    const people = canonicalJson(batch.people);
    const open = await db
      .selectFrom('quarantines')
      .select(['batchId', 'people'])
      .where('state', '=', 'open')
      .executeTakeFirst();
    if (open !== undefined && open.people === people) return open.batchId;
    await withdrawQuarantine(db, openedAt);
    await db
      .insertInto('quarantines')
      .values({ batchId, runId, openedAt, state: 'open', budget, people })
      .onConflict((conflict) => conflict.column('batchId').doNothing())
      .execute();
    return batchId;
  },
);

/** Withdraws an open batch whose drift is gone. */
export const withdrawQuarantine = locked('repairs', async (db: Db, at: string): Promise<void> => {
  await db.updateTable('quarantines').set({ state: 'superseded', decidedAt: at }).where('state', '=', 'open').execute();
});

/** The newest first. */
export async function listQuarantines(db: Db, limit: number): Promise<readonly QuarantineRow[]> {
  const rows = await db
    .selectFrom('quarantines')
    .selectAll()
    .orderBy('openedAt', 'desc')
    .orderBy('batchId')
    .limit(limit)
    .execute();
  return rows.map(toRow);
}

export async function findQuarantine(db: Db, batchId: string): Promise<QuarantineRow | undefined> {
  const row = await db.selectFrom('quarantines').selectAll().where('batchId', '=', batchId).executeTakeFirst();
  return row && toRow(row);
}

/** Subjects that differ and are not to be repaired: somebody has said no, or has muted the finding. */
export async function unrepairedSubjects(db: Db, now: string): Promise<ReadonlySet<string>> {
  const rejected = await db.selectFrom('repairRejections').select('subject').execute();
  const muted = await db
    .selectFrom('findings')
    .select('subject')
    .where('kind', 'in', ['driftMissing', 'driftExcess', 'driftAltered'])
    .where('closedAt', 'is', null)
    .where('mutedUntil', '>', now)
    .execute();
  return new Set([...rejected, ...muted].map(({ subject }) => subject));
}

/** The batch after the decision; `undefined` where none is open by this id. The same decision again changes nothing. */
export const decideQuarantine = locked(
  'repairs',
  async (
    db: Db,
    batchId: string,
    { state, at, by, reason }: QuarantineDecision,
  ): Promise<QuarantineRow | undefined> => {
    const row = await findQuarantine(db, batchId);
    if (row === undefined || row.state === state) return row;
    if (row.state !== 'open') return undefined;
    const decided = { state, decidedAt: at, decidedBy: by, reason };
    await db
      .updateTable('quarantines')
      .set({ ...decided, reason: reason ?? null })
      .where('batchId', '=', batchId)
      .execute();
    const { people } = row;
    if (state === 'rejected') {
      const rejected = people.flatMap(({ subjects }) => subjects.map((subject) => ({ subject, batchId, at })));
      for (const some of chunksOf(rejected, chunkSize)) {
        await db
          .insertInto('repairRejections')
          .values(some)
          .onConflict((conflict) => conflict.column('subject').doUpdateSet({ batchId, at }))
          .execute();
      }
    } else {
      await recordRepairs(db, batchId, people, at);
    }
    return { ...row, ...decided };
  },
);

const toRow = ({ people, ...row }: Selectable<Schema['quarantines']>): QuarantineRow => ({
  ...withoutNulls(row),
  people: parseJson(people),
});
