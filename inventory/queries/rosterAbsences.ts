import { isNamedSince, type AbsenceSnapshot } from '../../domain/findings/rosters.ts';
import { chunksOf } from '../database/chunks.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { parseJson } from '../port/json.ts';
import type { SnapshotPage } from '../port/snapshots.ts';
import type { CompleteRoster } from '../port/sources.ts';
import { pageOf } from './snapshots.ts';

/** People whom complete rosters no longer name. */

/** Returns since when complete rosters of this source have not named these people; for others it is forgotten. */
export const noteAbsences = locked(
  'absences',
  async (db: Db, { source, roster, absent, at }: CompleteRoster): Promise<ReadonlyMap<string, string>> => {
    const before = new Map((await standingAbsences(db, source)).map((row) => [row.personId, row]));
    await db.deleteFrom('absences').where('source', '=', source).execute();
    const rows = absent.map((personId) => before.get(personId) ?? { source, personId, since: at, roster });
    for (const some of chunksOf(rows, 500)) await db.insertInto('absences').values(some).execute();
    await db
      .insertInto('completeRosters')
      .values({ source, appliedAt: at })
      .onConflict((conflict) => conflict.column('source').doUpdateSet({ appliedAt: at }))
      .execute();
    return new Map(rows.map(({ personId, since }) => [personId, since]));
  },
);

export async function listAbsences(db: Db, source: string): Promise<ReadonlyMap<string, string>> {
  return new Map((await standingAbsences(db, source)).map(({ personId, since }) => [personId, since]));
}

/** Without people of whom HR has spoken since: if a roster does not name them again, that is a new absence. */
async function standingAbsences(db: Db, source: string) {
  const rows = await db
    .selectFrom('absences')
    .leftJoin('people', 'people.personId', 'absences.personId')
    .innerJoin('completeRosters', 'completeRosters.source', 'absences.source')
    .select(['absences.source', 'absences.personId', 'absences.since', 'absences.roster'])
    .select(['people.lines', 'completeRosters.appliedAt'])
    .where('absences.source', '=', source)
    .execute();
  return rows
    .filter(({ lines, appliedAt }) => lines === null || !isNamedSince({ lines: parseJson(lines), appliedAt }))
    .map(({ personId, since, roster }) => ({ source, personId, since, roster }));
}

/** Everybody whom complete rosters have not named: a page is so many people, with every source that misses them. */
export async function absenceSnapshots(db: Db, after: string, limit: number): Promise<SnapshotPage<AbsenceSnapshot>> {
  const people = await db
    .selectFrom('absences')
    .select('personId')
    .distinct()
    .where('personId', '>', after)
    .orderBy('personId')
    .limit(limit)
    .execute();
  const ids = people.map(({ personId }) => personId);
  const rows = await db
    .selectFrom('absences')
    .innerJoin('people', 'people.personId', 'absences.personId')
    .innerJoin('completeRosters', 'completeRosters.source', 'absences.source')
    .select(['absences.source', 'absences.since', 'absences.roster', 'completeRosters.appliedAt'])
    .select(['people.personId', 'people.employment', 'people.attributes', 'people.accountId', 'people.lines'])
    .where('people.personId', 'in', jsonTexts(db, ids))
    .execute();
  const snapshots = rows.map(({ attributes, lines, ...row }): AbsenceSnapshot => ({
    ...withoutNulls(row),
    attributes: parseJson(attributes),
    lines: parseJson(lines),
  }));
  return pageOf(snapshots, ids, limit);
}
