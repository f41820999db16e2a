import { attributesAt as attributesBy } from '../../domain/facts/attributes.ts';
import { employmentAt as employmentBy, type EmploymentWord } from '../../domain/facts/employment.ts';
import type { Ranks } from '../../domain/facts/ranks.ts';
import { isStatement, type Statement } from '../../domain/facts/statements.ts';
import type { StatementsSnapshot } from '../../domain/findings/disagreements.ts';
import type { OutcomeKind, PersonAttributes } from '../../domain/model.ts';
import type { Db } from '../database/schema.ts';
import type { IntakeRow } from '../port/people.ts';
import type { SnapshotPage } from '../port/snapshots.ts';
import { eventsOf } from './intake.ts';
import { findPerson } from './people.ts';
import { pageOf } from './snapshots.ts';

/** What the record says of the person at that time, by the rank of its sources; undefined where nothing is said yet. */
export async function attributesAt(
  db: Db,
  personId: string,
  at: string,
  ranks: Ranks,
): Promise<PersonAttributes | undefined> {
  return attributesBy(await statementsOf(db, personId), ranks, at);
}

/** What the record says of the person's employment at that time. For a hire that is to come, ask for its day. */
export async function employmentAt(db: Db, personId: string, at: string, ranks: Ranks): Promise<EmploymentWord> {
  return employmentBy(await statementsOf(db, personId), ranks, at);
}

/**
 * Everything that sources and operators have said of the person, but for what was withdrawn or rejected on record. That a process was
 * cancelled in Temporal unsays nothing: whoever reaches it could take back HR's word.
 */
export async function statementsOf(db: Db, personId: string): Promise<readonly Statement[]> {
  const rows = (await eventsOf(db, personId)).filter(({ event }) => isStatement(event));
  const cancelled = rows.filter(({ outcome, withdrawal }) => outcome?.kind === 'cancelled' && withdrawal === undefined);
  const rejected = cancelled.length === 0 ? new Set<string>() : await rejectedOf(db, personId);
  return rows.filter((row) => !isTakenBack(row, rejected)).map(asStatement);
}

const asStatement = ({ event, outcome }: IntakeRow): Statement =>
  outcome === undefined || notCarriedOut.includes(outcome.kind) ? event : { ...event, isCarriedOut: true };

/** Ends of an event for which no process was begun, or was withdrawn. */
const notCarriedOut: readonly OutcomeKind[] = ['superseded', 'stale', 'outranked', 'duplicate', 'cancelled'];

const isTakenBack = ({ event, outcome, withdrawal }: IntakeRow, rejected: ReadonlySet<string>): boolean =>
  outcome?.kind === 'cancelled' && (withdrawal !== undefined || rejected.has(event.eventId));

/** Leaves that an operator has rejected above the change budget. */
async function rejectedOf(db: Db, personId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('removals')
    .select('eventId')
    .where('personId', '=', personId)
    .where('state', '=', 'rejected')
    .execute();
  return new Set(rows.map(({ eventId }) => eventId));
}

/** People of whom more than one source has spoken, a page of them by personId. */
export async function statementSnapshots(
  db: Db,
  after: string,
  limit: number,
): Promise<SnapshotPage<StatementsSnapshot>> {
  const rows = await db
    .selectFrom('intake')
    .select('personId')
    .where('personId', '>', after)
    .where('kind', '!=', 'reconcile')
    .groupBy('personId')
    .having(({ fn }) => fn.count('source').distinct(), '>', 1)
    .orderBy('personId')
    .limit(limit)
    .execute();
  const snapshots: StatementsSnapshot[] = [];
  for (const { personId } of rows) {
    const { attributes, accountId } = (await findPerson(db, personId)) ?? {};
    snapshots.push({ personId, email: attributes?.email, accountId, statements: await statementsOf(db, personId) });
  }
  return pageOf(
    snapshots,
    rows.map(({ personId }) => personId),
    limit,
  );
}
