import type { Selectable } from 'kysely';
import type { HrEvent } from '../../domain/model.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked, personLock, underLocks } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { IntakeRow, Withdrawal } from '../port/people.ts';
import { requireRoom } from './intakeBounds.ts';
import { TooMuchError } from '../../domain/errors.ts';

/**
 * Puts an event on record: from then on it is not lost. `known` when the eventId is there already (nothing is changed then).
 * Throws `TooMuchError` where it is above a bound.
 */
export const receiveEvent = locked(
  personLock,
  async (db: Db, event: HrEvent, receivedAt: string): Promise<'new' | 'known'> => {
    const received = await insertEvent(db, event, receivedAt);
    if (received === 'new') await requireRoom(db, event, receivedAt);
    return received;
  },
);

type Received = 'new' | 'known' | TooMuchError;

/**
 * The same of many in one transaction, each by itself: one above a bound keeps back later ones of its person and nobody else's.
 * Returns what became of each, in order.
 */
export function receiveEvents(db: Db, events: readonly HrEvent[], receivedAt: string): Promise<readonly Received[]> {
  return underLocks(db, events.map(personLock), async (trx) => {
    const known = await knownEvents(trx, events);
    const keptBack = new Map<string, TooMuchError>();
    const received: Received[] = [];
    for (const event of events) {
      const { eventId, personId } = event;
      const result = known.has(eventId)
        ? 'known'
        : (keptBack.get(personId) ?? (await insertIfRoom(trx, event, receivedAt)));
      if (result instanceof TooMuchError) keptBack.set(personId, result);
      else known.add(eventId);
      received.push(result);
    }
    return received;
  });
}

async function insertIfRoom(db: Db, event: HrEvent, receivedAt: string): Promise<Received> {
  try {
    await requireRoom(db, event, receivedAt);
  } catch (error) {
    if (error instanceof TooMuchError) return error;
    throw error;
  }
  return insertEvent(db, event, receivedAt);
}

async function knownEvents(db: Db, events: readonly HrEvent[]): Promise<Set<string>> {
  const ids = jsonTexts(
    db,
    events.map(({ eventId }) => eventId),
  );
  const rows = await db.selectFrom('intake').select('eventId').where('eventId', 'in', ids).execute();
  return new Set(rows.map(({ eventId }) => eventId));
}

export async function insertEvent(db: Db, event: HrEvent, receivedAt: string): Promise<'new' | 'known'> {
  const { eventId, personId } = event;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('intake')
    .values({ eventId, personId, receivedAt, ...columnsOf(event, receivedAt) })
    .onConflict((conflict) => conflict.column('eventId').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n ? 'new' : 'known';
}

const columnsOf = (event: HrEvent, receivedAt: string) => ({
  kind: event.kind,
  source: event.source,
  dueAt: event.immediate === true || event.kind === 'reconcile' ? receivedAt : event.effectiveAt,
  isLeaveOpen: event.kind === 'leaver' ? 1 : 0,
  event: canonicalJson(event),
});

/** HR's record takes the place of an event that said an id only, with whatever else follows from it. */
export const recordFetched = locked(
  personLock,
  async (db: Db, personId: string, eventId: string, found: readonly HrEvent[], at: string): Promise<void> => {
    for (const event of found) {
      if (event.eventId !== eventId) await insertEvent(db, event, at);
      else {
        await db
          .updateTable('intake')
          .set(columnsOf(event, at))
          .where('eventId', '=', eventId)
          .where('personId', '=', personId)
          .where('appliedAt', 'is', null)
          .execute();
      }
    }
  },
);

/** Withdraws an event that waits, or (`undefined`) takes that back. */
export const withdrawEvent = locked(
  personLock,
  async (db: Db, personId: string, eventId: string, withdrawal: Withdrawal | undefined): Promise<void> => {
    await db
      .updateTable('intake')
      .set({ withdrawal: withdrawal === undefined ? null : canonicalJson(withdrawal) })
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .where('appliedAt', 'is', null)
      .execute();
  },
);

/** Events not yet applied, oldest first. */
export async function waitingEvents(
  db: Db,
  filter: { personId?: string; receivedBefore?: string; offset?: number; limit: number },
): Promise<readonly IntakeRow[]> {
  let query = db.selectFrom('intake').selectAll().where('appliedAt', 'is', null);
  if (filter.personId !== undefined) query = query.where('personId', '=', filter.personId);
  if (filter.receivedBefore !== undefined) query = query.where('receivedAt', '<', filter.receivedBefore);
  const ordered = query.orderBy('receivedAt').orderBy('eventId').limit(filter.limit);
  return (await ordered.offset(filter.offset ?? 0).execute()).map(toIntakeRow);
}

/** People with an event that no run has read, the longest waiting first. */
export async function peopleNotTakenUp(
  db: Db,
  { receivedBefore, limit }: { readonly receivedBefore: string; readonly limit: number },
): Promise<readonly Told[]> {
  const rows = await db
    .selectFrom('intake')
    .select(['eventId', 'personId', 'kind'])
    .where('appliedAt', 'is', null)
    .where('takenUpBy', 'is', null)
    .where('receivedAt', '<', receivedBefore)
    .orderBy('receivedAt')
    .orderBy('eventId')
    .limit(limit)
    .execute();
  return onePerPerson(rows);
}

/** People with an event that a run has read and has not ended, in the order of their ids: those after `after`. */
export async function peopleTakenUp(
  db: Db,
  { before, after, limit }: { readonly before: string; readonly after: string; readonly limit: number },
): Promise<readonly Told[]> {
  const rows = await takenUp(db, before).where('personId', '>', after).orderBy('personId').limit(limit).execute();
  return onePerPerson(rows);
}

/** The same of leavers that are due, the longest due first. */
export async function leaversTakenUp(
  db: Db,
  { before, limit }: { readonly before: string; readonly limit: number },
): Promise<readonly Told[]> {
  const leavers = takenUp(db, before).where('kind', '=', 'leaver').where('dueAt', '<=', before);
  return onePerPerson(await leavers.orderBy('dueAt').limit(limit).execute());
}

type Told = Pick<HrEvent, 'eventId' | 'personId' | 'kind'>;

const takenUp = (db: Db, before: string) =>
  db
    .selectFrom('intake')
    .select(['eventId', 'personId', 'kind'])
    .where('appliedAt', 'is', null)
    .where('takenUpAt', '<', before);

/** The first of each. */
const onePerPerson = (rows: readonly Told[]): readonly Told[] =>
  [...new Map(rows.toReversed().map((row) => [row.personId, row])).values()].toReversed();

/** The event with its outcome, for `--wait`. */
export async function findEvent(db: Db, eventId: string): Promise<IntakeRow | undefined> {
  const row = await db.selectFrom('intake').selectAll().where('eventId', '=', eventId).executeTakeFirst();
  return row && toIntakeRow(row);
}

/** The same of many. */
export async function findEvents(db: Db, eventIds: readonly string[]): Promise<readonly IntakeRow[]> {
  const rows = await db.selectFrom('intake').selectAll().where('eventId', 'in', jsonTexts(db, eventIds)).execute();
  return rows.map(toIntakeRow);
}

export async function eventsOf(db: Db, personId: string): Promise<readonly IntakeRow[]> {
  const rows = await db
    .selectFrom('intake')
    .selectAll()
    .where('personId', '=', personId)
    .orderBy('receivedAt')
    .orderBy('eventId')
    .execute();
  return rows.map(toIntakeRow);
}

function toIntakeRow(row: Selectable<Schema['intake']>): IntakeRow {
  return {
    event: parseJson(row.event),
    receivedAt: row.receivedAt,
    withdrawal: parseJson(row.withdrawal),
    takenUpBy: row.takenUpBy ?? undefined,
    takenUpAt: row.takenUpAt ?? undefined,
    appliedAt: row.appliedAt ?? undefined,
    outcome: parseJson(row.outcome),
  };
}
