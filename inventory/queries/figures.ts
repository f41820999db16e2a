import { sql } from 'kysely';
import { severities, type Severity } from '../../domain/findings/kinds.ts';
import { phases, type Phase } from '../../domain/model.ts';
import type { Db } from '../database/schema.ts';
import type { ApprovalAges } from '../port/figures.ts';
import { lastFullRun } from './syncRuns.ts';

/** Counts of what goes on now, for metrics: one query each, and no row about anybody. */

/** Open processes by phase. */
export async function countPhases(db: Db): Promise<Readonly<Record<Phase, number>>> {
  const rows = await db
    .selectFrom('progress')
    .select(['phase', ({ fn }) => fn.countAll().as('count')])
    .groupBy('phase')
    .execute();
  return countsOf(
    phases,
    rows.map(({ phase, count }) => [phase, count]),
  );
}

/** Open findings that are not muted, by severity. */
export async function countFindings(db: Db, now: string): Promise<Readonly<Record<Severity, number>>> {
  const rows = await db
    .selectFrom('findings')
    .select(['severity', ({ fn }) => fn.countAll().as('count')])
    .where('closedAt', 'is', null)
    .where((where) => where.or([where('mutedUntil', 'is', null), where('mutedUntil', '<=', now)]))
    .groupBy('severity')
    .execute();
  return countsOf(
    severities,
    rows.map(({ severity, count }) => [severity, count]),
  );
}

/** Open approvals that were requested in each of the spans of time, each up to the one before; the newest first. */
export async function approvalAges(db: Db, since: readonly string[]): Promise<ApprovalAges> {
  const spans = [...since, ''];
  const { oldest, ...counts } = await db
    .selectFrom('approvals')
    .select(({ fn }) => [
      fn.min('requestedAt').as('oldest'),
      ...spans.map((from, index) =>
        sql<number | string | null>`sum(case when requested_at > ${from} then 1 else 0 end)`.as(`span${index}`),
      ),
    ])
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  const upTo = spans.map((_, index) => Number(counts[`span${index}`] ?? 0));
  return { counts: upTo.map((count, index) => count - (upTo[index - 1] ?? 0)), oldest: oldest ?? undefined };
}

/** The end of the newest full sync that has ended; undefined where none has. */
export const lastSyncEnd = async (db: Db): Promise<string | undefined> =>
  (await lastFullRun(db))?.finishedAt ?? undefined;

const countsOf = <Name extends string>(
  names: readonly Name[],
  rows: readonly (readonly [Name, number | string | bigint])[],
): Readonly<Record<Name, number>> => {
  const known = new Map(rows);
  return Object.fromEntries(names.map((name) => [name, Number(known.get(name) ?? 0)])) as Record<Name, number>;
};
