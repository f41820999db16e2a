import type { Selectable } from 'kysely';
import type { DisableKey, EndedAccessRow } from './brakeTypes.ts';
import { canonicalJson, parseJson, present } from './json.ts';
import type { Db, Schema } from './schema.ts';

/** What was held, read again until the account is disabled. From then on it stays as it was. */
export async function recordEndedAccess(
  db: Db,
  { personId, eventId, accountId, access, recordedAt }: Omit<EndedAccessRow, 'disabledAt' | 'restoredAt'>,
): Promise<void> {
  const row = { accountId, access: canonicalJson(access), recordedAt };
  await db
    .insertInto('endedAccess')
    .values({ personId, eventId, ...row })
    .onConflict((conflict) =>
      conflict
        .columns(['personId', 'eventId'])
        .doUpdateSet(row)
        .where((where) => where('endedAccess.disabledAt', 'is', null)),
    )
    .execute();
}

export async function markDisabled(db: Db, { personId, eventId }: DisableKey, disabledAt: string): Promise<void> {
  await db
    .updateTable('endedAccess')
    .set({ disabledAt })
    .where('personId', '=', personId)
    .where('eventId', '=', eventId)
    .where('disabledAt', 'is', null)
    .execute();
}

export async function markRestored(db: Db, { personId, eventId }: DisableKey, restoredAt: string): Promise<void> {
  await db
    .updateTable('endedAccess')
    .set({ restoredAt })
    .where('personId', '=', personId)
    .where('eventId', '=', eventId)
    .where('restoredAt', 'is', null)
    .execute();
}

export async function lastEndedAccess(db: Db, personId: string): Promise<EndedAccessRow | undefined> {
  const row = await db
    .selectFrom('endedAccess')
    .selectAll()
    .where('personId', '=', personId)
    .where('disabledAt', 'is not', null)
    .orderBy('disabledAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toRow(row);
}

function toRow(row: Selectable<Schema['endedAccess']>): EndedAccessRow {
  return {
    personId: row.personId,
    eventId: row.eventId,
    accountId: row.accountId,
    access: parseJson(row.access),
    recordedAt: row.recordedAt,
    ...present('disabledAt', row.disabledAt),
    ...present('restoredAt', row.restoredAt),
  };
}
