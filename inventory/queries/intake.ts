import type { HrEvent } from '../../domain/model.ts';
import { canonicalJson, parseJson, present } from '../port/json.ts';
import { ensurePerson, findPerson } from './people.ts';
import type { Db, Schema } from '../database/schema.ts';
import type { Inventory } from '../port/inventory.ts';
import type { Selectable } from 'kysely';
import type { IntakeRow } from '../port/rows.ts';

export async function receiveEvent(db: Db, event: HrEvent, receivedAt: string): Promise<'new' | 'known'> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('intake')
    .values({ eventId: event.eventId, personId: event.personId, event: canonicalJson(event), receivedAt })
    .onConflict((conflict) => conflict.column('eventId').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n ? 'new' : 'known';
}

export async function admitEvents(
  db: Db,
  personId: string,
  events: readonly HrEvent[],
  at: string,
): ReturnType<Inventory['admitEvents']> {
  const applied: string[] = [];
  await ensurePerson(db, personId);
  for (const event of events) {
    if ((await receiveEvent(db, event, at)) === 'new') continue;
    const known = await findEvent(db, event.eventId);
    if (known?.appliedAt !== undefined) applied.push(event.eventId);
  }
  const record = await findPerson(db, personId);
  if (record === undefined) throw new Error(`person ${personId} was written and cannot be read`);
  return { record, applied };
}

export async function waitingEvents(
  db: Db,
  filter: Parameters<Inventory['waitingEvents']>[0],
): Promise<readonly IntakeRow[]> {
  let query = db.selectFrom('intake').selectAll().where('appliedAt', 'is', null);
  if (filter.personId !== undefined) query = query.where('personId', '=', filter.personId);
  if (filter.receivedBefore !== undefined) query = query.where('receivedAt', '<', filter.receivedBefore);
  const ordered = query.orderBy('receivedAt').orderBy('eventId');
  return (
    await ordered
      .limit(filter.limit)
      .offset(filter.offset ?? 0)
      .execute()
  ).map(toIntakeRow);
}

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
    ...present('appliedAt', appliedAt),
    ...(outcome === null ? {} : { outcome: parseJson(outcome) }),
  };
}
