import { sql, type Selectable } from 'kysely';
import { outrankedWords } from '../../domain/facts/employment.ts';
import type { Ranks } from '../../domain/facts/ranks.ts';
import { isStatement } from '../../domain/facts/statements.ts';
import type { LeaveSnapshot } from '../../domain/findings/leaves.ts';
import { lineOf } from '../../domain/mailbox.ts';
import type { Db, Schema } from '../database/schema.ts';
import { parseJson } from '../port/json.ts';

type Row = Selectable<Schema['intake']>;

/** SQLite takes a partial index only for a condition that it can read. */
const isOpen = sql<boolean>`is_leave_open = 1`;

/**
 * Leaves that were due by then and have no outcome, and those that have ended, however: the longest due first. Once it is known that
 * the access has ended, or that the person stays, `closeLeaves` takes one off this list: it is short, or empty.
 */
export async function openLeaves(
  db: Db,
  {
    dueBefore,
    limit,
    ranks,
    at,
  }: { readonly dueBefore: string; readonly limit: number; readonly ranks: Ranks; readonly at: string },
): Promise<readonly LeaveSnapshot[]> {
  const rows = await db
    .selectFrom('intake')
    .selectAll()
    .where(isOpen)
    .where((where) => where.or([where('appliedAt', 'is not', null), where('dueAt', '<=', dueBefore)]))
    .orderBy('dueAt')
    .orderBy('eventId')
    .limit(limit)
    .execute();
  const leaves: LeaveSnapshot[] = [];
  for (const row of rows) leaves.push(await snapshotOf(db, row, { ranks, at }));
  return leaves;
}

/** The access has ended, or the person stays. */
export async function closeLeaves(db: Db, eventIds: readonly string[]): Promise<void> {
  await db.updateTable('intake').set({ isLeaveOpen: 0 }).where('eventId', 'in', eventIds).execute();
}

/** Whose leave has ended on record, and their access perhaps not. */
export async function leavingPeople(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('intake')
    .select('personId')
    .where(isOpen)
    .where('appliedAt', 'is not', null)
    .execute();
  return new Set(rows.map(({ personId }) => personId));
}

async function snapshotOf(
  db: Db,
  row: Row,
  { ranks, at }: { readonly ranks: Ranks; readonly at: string },
): Promise<LeaveSnapshot> {
  const { personId } = row;
  const all = await db.selectFrom('intake').selectAll().where('personId', '=', personId).execute();
  const words = all
    .filter((one) => one.eventId === row.eventId || !isWithdrawn(one))
    .map((one) => parseJson(one.event))
    .filter((one) => lineOf(one) === 'employment');
  const outranked = outrankedWords(words.filter(isStatement), ranks, at);
  const progress = await db
    .selectFrom('progress')
    .select(['phase', 'waitingFor'])
    .where('personId', '=', personId)
    .executeTakeFirst();
  return {
    event: parseJson(row.event),
    dueAt: row.dueAt,
    isWithdrawn: isWithdrawn(row),
    outcome: parseJson(row.outcome)?.kind,
    isOutranked: outranked.has(row.eventId),
    others: words.filter((one) => one.eventId !== row.eventId && !outranked.has(one.eventId)),
    account: await lastSeen(db, personId),
    phase: progress?.phase,
    waitingFor: progress?.waitingFor ?? undefined,
  };
}

/** A withdrawal that came too late has no effect. */
const isWithdrawn = ({ withdrawal, appliedAt, outcome }: Row): boolean =>
  withdrawal !== null && (appliedAt === null || parseJson(outcome)?.kind === 'cancelled');

async function lastSeen(db: Db, personId: string): Promise<LeaveSnapshot['account']> {
  const person = await db
    .selectFrom('people')
    .select(['accountId', 'email'])
    .where('personId', '=', personId)
    .executeTakeFirst();
  if (person === undefined) return undefined;
  const accounts = db.selectFrom('accounts').select(['accountId', 'status']).where('goneAt', 'is', null);
  const { accountId, email } = person;
  const seen =
    accountId === null
      ? accounts.where('email', '=', email).where('isServiceAccount', '=', 0).orderBy('status')
      : accounts.where('accountId', '=', accountId);
  const row = await seen.executeTakeFirst();
  return row && { id: row.accountId, status: row.status };
}
