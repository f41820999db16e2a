import type { ExpressionBuilder, Selectable } from 'kysely';
import type { PersonAttributes, ResolvedEntitlement } from '../../workflows/core/model.ts';
import { appendLink } from './evidence.ts';
import { canonicalJson, parseJson } from './json.ts';
import type { Db, Schema } from './schema.ts';
import type { EvidenceEntry, GrantRow } from './types.ts';

/** One write to one account; of an account that is to be created the account is not known yet. */
export interface WriteKey {
  readonly personId: string;
  readonly accountId?: string;
  readonly step: string;
}

/** What a reading shows once the write has happened. Of an invitation it shows nothing. */
export type Wanted =
  | { readonly kind: 'created' | 'enabled' | 'disabled' | 'unreadable' }
  | ({ readonly kind: 'attributes' } & Partial<Pick<PersonAttributes, 'email' | 'name' | 'title'>>)
  | ({ readonly kind: 'given'; readonly entitlement: ResolvedEntitlement } & Pick<GrantRow, 'reason' | 'because'>)
  | { readonly kind: 'taken'; readonly entitlement: ResolvedEntitlement };

export interface OpenWrite extends WriteKey {
  /** How often it was asked for without an answer. */
  readonly asked: number;
  /** The first time. */
  readonly askedAt: string;
  readonly wanted: Wanted;
  /** The link that it becomes where a reading shows that it happened. */
  readonly entry: EvidenceEntry;
}

/**
 * A write and its evidence are two things, and between them anything may stop: the write is noted before it is asked for,
 * and its link is appended when its answer is there, or when a later reading shows that it has happened.
 */
export interface WriteInventory {
  /** Just before it is asked of Datadog. Answers how often it was asked for. */
  beginWrite(write: Omit<OpenWrite, 'asked'>): Promise<number>;
  /** Datadog said no. What was asked for earlier, without an answer, stays open. */
  refuseWrite(key: WriteKey): Promise<void>;
  /**
   * It is so now. `isOurs`: the answer said that this attempt did it. Else it was an earlier attempt, if one is open, and
   * nobody of ours if none is. Appends at most one link.
   */
  endWrite(key: WriteKey, end: { readonly isOurs: boolean; readonly entry: EvidenceEntry }): Promise<void>;
  /** The answer is lost, and it is not so; or no reading can tell, and the link says that. */
  giveUpWrite(write: WriteKey, entry?: EvidenceEntry): Promise<void>;
  listOpenWrites(personId: string): Promise<readonly OpenWrite[]>;
}

/** Longer than a reading lags: what is not seen by then has not happened. */
export const lagMs = 60_000;

export async function beginWrite(
  db: Db,
  { wanted, entry, askedAt, ...key }: Omit<OpenWrite, 'asked'>,
): Promise<number> {
  const known = await find(db, key);
  const isLongAgo = known !== undefined && Date.parse(askedAt) - Date.parse(known.askedAt) > lagMs;
  // An account is created without a look before: that it was not there is no news of a reading.
  const isRead = wanted.kind !== 'unreadable' && wanted.kind !== 'created';
  const isNew = known === undefined || (isLongAgo && isRead);
  // What a reading just showed as not done may be done all the same: the first time is kept.
  const asked = isNew ? 1 : known.asked + 1;
  const row = { ...columnsOf(key), asked, askedAt, write: canonicalJson({ wanted, entry }) };
  await db
    .insertInto('openWrites')
    .values(row)
    .onConflict((conflict) => conflict.columns(['personId', 'accountId', 'step']).doUpdateSet(isNew ? row : { asked }))
    .execute();
  return asked;
}

export async function refuseWrite(db: Db, key: WriteKey): Promise<void> {
  await db.deleteFrom('openWrites').where(is(key)).where('asked', '=', 1).execute();
}

/** To be called under the evidence lock. */
export async function endWrite(
  db: Db,
  key: WriteKey,
  { isOurs, entry }: { isOurs: boolean; entry: EvidenceEntry },
): Promise<void> {
  const open = await find(db, key);
  if (isOurs) await appendNumbered(db, entry);
  else if (open !== undefined) {
    const { after } = entry;
    await appendNumbered(db, { ...open.entry, ...(after === undefined ? {} : { after }), lostReply: 'readBack' });
  }
  if (open !== undefined) await forget(db, key);
}

/** To be called under the evidence lock. */
export async function giveUpWrite(db: Db, key: WriteKey, entry?: EvidenceEntry): Promise<void> {
  if ((await find(db, key)) === undefined) return;
  if (entry !== undefined) await appendNumbered(db, { ...entry, lostReply: 'unknown' });
  await forget(db, key);
}

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
  return { personId, ...(accountId === '' ? {} : { accountId }), step, asked, askedAt, ...parseJson(write) };
}
