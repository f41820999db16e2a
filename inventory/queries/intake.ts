import type { Selectable } from 'kysely';
import type { HrEvent, PersonRecord } from '../../domain/model.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { IntakeRow } from '../port/people.ts';
import { ensurePerson, findPerson } from './people.ts';

/** Remembers an event before it is signalled. `known` when the eventId is there already (nothing is changed then). */
export const receiveEvent = locked(personLock, insertEvent);

async function insertEvent(db: Db, event: HrEvent, receivedAt: string): Promise<'new' | 'known'> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('intake')
    .values({ eventId: event.eventId, personId: event.personId, event: canonicalJson(event), receivedAt })
    .onConflict((conflict) => conflict.column('eventId').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n ? 'new' : 'known';
}

/**
 * Records those events of a run that the intake does not know (they came as a bare signal). Returns the person's record
 * with the ids that were applied before.
 */
export const admitEvents = locked(
  personLock,
  async (
    db: Db,
    personId: string,
    events: readonly HrEvent[],
    at: string,
  ): Promise<{ record: PersonRecord; applied: readonly string[] }> => {
    const applied: string[] = [];
    await ensurePerson(db, personId);
    for (const event of events) {
      if ((await insertEvent(db, event, at)) === 'new') continue;
      const known = await findEvent(db, event.eventId);
      if (known?.appliedAt !== undefined) applied.push(event.eventId);
    }
    const record = await findPerson(db, personId);
    if (record === undefined) throw new Error(`person ${personId} was written and cannot be read`);
    return { record, applied };
  },
);

/** Events not yet applied, oldest first. `receivedBefore` for the sweep that sends them again. */
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

/** The event with its outcome, for `--wait`. */
export async function findEvent(db: Db, eventId: string): Promise<IntakeRow | undefined> {
  const row = await db.selectFrom('intake').selectAll().where('eventId', '=', eventId).executeTakeFirst();
  return row && toIntakeRow(row);
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

function toIntakeRow({ event, receivedAt, appliedAt, outcome }: Selectable<Schema['intake']>): IntakeRow {
  return {
    event: parseJson(event),
    receivedAt,
    appliedAt: appliedAt ?? undefined,
    outcome: parseJson(outcome),
  };
}
