import { sql } from 'kysely';
import { isBounded, isLeaving, requirePersonRoom, requireSmall, requireSourceRoom } from '../../domain/intakeBounds.ts';
import type { HrEvent } from '../../domain/model.ts';
import { canonicalJson } from '../port/json.ts';
import type { Db } from '../database/schema.ts';

/**
 * Throws `TooMuchError` where the intake may not take the event, and counts it for its source otherwise. For the transaction
 * that has just put it on record, which the error undoes.
 */
export async function requireRoom(db: Db, event: HrEvent, receivedAt: string): Promise<void> {
  if (!isBounded(event)) return;
  requireSmall(event, canonicalJson(event));
  requirePersonRoom(event, await waitingBeside(db, event));
  requireSourceRoom(event, await countOfMinute(db, event, receivedAt), new Date(receivedAt));
}

/** Events of the same person, source and share that wait, without this one. */
async function waitingBeside(db: Db, event: HrEvent): Promise<number> {
  const { count } = await db
    .selectFrom('intake')
    .select(({ fn }) => fn.countAll<string | number>().as('count'))
    .where('personId', '=', event.personId)
    .where('source', '=', event.source)
    .where('appliedAt', 'is', null)
    .where('kind', isLeaving(event) ? '=' : '!=', 'leaver')
    .where('kind', '!=', 'reconcile')
    .where('eventId', '!=', event.eventId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One row a source and share: the minute that was last counted, and its events. */
async function countOfMinute(db: Db, event: HrEvent, receivedAt: string): Promise<number> {
  const minute = receivedAt.slice(0, 16);
  const row = { source: event.source, share: isLeaving(event) ? 'leavers' : 'others', minute, events: 1 } as const;
  const { events } = await db
    .insertInto('intakeRates')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['source', 'share']).doUpdateSet({
        minute,
        events: sql<number>`case when intake_rates.minute = ${minute} then intake_rates.events + 1 else 1 end`,
      }),
    )
    .returning('events')
    .executeTakeFirstOrThrow();
  return events;
}
