import type { ExpressionBuilder, Selectable } from 'kysely';
import { locked, personLock } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { lagMs, type EvidenceEntry, type OpenWrite, type WriteKey } from '../port/evidence.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import { appendLink } from './evidence.ts';

/**
 * A write and its evidence are two things, and between them anything may stop: the write is noted before it is sent,
 * and its link is appended when its response is there, or when a later reading shows that it has happened.
 */

/** Notes a write just before it is sent. Returns how often it has been sent. */
export const beginWrite = locked(
  personLock,
  async (db: Db, { wanted, entry, askedAt, ...key }: Omit<OpenWrite, 'asked'>): Promise<number> => {
    const known = await find(db, key);
    const isLongAgo = known !== undefined && Date.parse(askedAt) - Date.parse(known.askedAt) > lagMs;
    // An account is created without a reading before: that it was not there proves nothing.
    const isRead = !['invited', 'uninvited', 'created'].includes(wanted.kind);
    const isNew = known === undefined || (isLongAgo && isRead);
    // What a reading just showed as not done may be done all the same: the first time is kept.
    const asked = isNew ? 1 : known.asked + 1;
    const row = { ...columnsOf(key), asked, askedAt, write: canonicalJson({ wanted, entry }) };
    await db
      .insertInto('openWrites')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['personId', 'accountId', 'step']).doUpdateSet(isNew ? row : { asked }),
      )
      .execute();
    return asked;
  },
);

/** Datadog refused it. An earlier attempt without a reply stays open. */
export const refuseWrite = locked(personLock, async (db: Db, key: WriteKey): Promise<void> => {
  await db.deleteFrom('openWrites').where(is(key)).where('asked', '=', 1).execute();
});

/**
 * The write has happened. `isOurs`: the response said that this attempt did it; else an earlier attempt did where one is
 * open, and nobody of ours where none is. Appends at most one link.
 */
export const endWrite = locked(
  'evidence',
  async (db: Db, key: WriteKey, { isOurs, entry }: { isOurs: boolean; entry: EvidenceEntry }): Promise<void> => {
    const open = await find(db, key);
    if (isOurs) await appendNumbered(db, entry);
    else if (open !== undefined) {
      const { after } = entry;
      await appendNumbered(db, {
        ...open.entry,
        after: after === undefined ? open.entry.after : after,
        lostReply: 'readBack',
      });
    }
    if (open !== undefined) await forget(db, key);
  },
);

/** Ends a write whose reply is lost: it has not happened, or no reading can tell and the link says so. */
export const giveUpWrite = locked('evidence', async (db: Db, key: WriteKey, entry?: EvidenceEntry): Promise<void> => {
  if ((await find(db, key)) === undefined) return;
  if (entry !== undefined) await appendNumbered(db, { ...entry, lostReply: 'unknown' });
  await forget(db, key);
});

export async function listOpenWrites(db: Db, personId: string): Promise<readonly OpenWrite[]> {
  const rows = await db
    .selectFrom('openWrites')
    .selectAll()
    .where('personId', '=', personId)
    .orderBy('askedAt')
    .orderBy('step')
    .execute();
  return rows.map(toWrite);
}

/** The same step of the same event happens again where somebody undid it meanwhile. */
async function appendNumbered(db: Db, entry: EvidenceEntry): Promise<void> {
  const { eventId, step, personId } = entry;
  const rows = await db
    .selectFrom('evidence')
    .select('step')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .execute();
  const steps = new Set(rows.map((row) => row.step));
  let name = step;
  for (let count = 2; steps.has(name); count += 1) name = `${step}#${count}`;
  await appendLink(db, { ...entry, step: name });
}

async function find(db: Db, key: WriteKey): Promise<OpenWrite | undefined> {
  const row = await db.selectFrom('openWrites').selectAll().where(is(key)).executeTakeFirst();
  return row && toWrite(row);
}

const forget = (db: Db, key: WriteKey) => db.deleteFrom('openWrites').where(is(key)).execute();

const columnsOf = ({ personId, accountId = '', step }: WriteKey) => ({ personId, accountId, step });

const is = (key: WriteKey) => (where: ExpressionBuilder<Schema, 'openWrites'>) => where.and(columnsOf(key));

function toWrite(row: Selectable<Schema['openWrites']>): OpenWrite {
  const { personId, accountId, step, asked, askedAt, write } = row;
  return { personId, accountId: accountId === '' ? undefined : accountId, step, asked, askedAt, ...parseJson(write) };
}
