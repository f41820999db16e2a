import { sql } from 'kysely';
import { chunksOf } from '../database/chunks.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { sealerOf } from '../database/signer.ts';
import { withoutNulls } from '../database/stored.ts';
import { canonicalJson } from '../port/json.ts';
import type { OpenRefusals, RefusalDecision, RefusalFilter, RefusalRow, RefusedItem } from '../port/refusals.ts';

const chunkSize = 200;
/** A leaver that comes again is not lost by what was decided about it before; neither is what may be one. */
const mayLeave = sql<boolean>`(excluded.kind is null or excluded.kind = 'leaver')`;
const staysDecided = sql<boolean>`(refusals.state = 'dropped' and not ${mayLeave})
  or (refusals.ref = excluded.ref and refusals.state <> 'corrected')`;

/**
 * Puts on record what cannot be taken. The same item again is the same row: it opens anew, unless it was dropped and ends no
 * employment. Returns their ids, in order.
 */
export const refuseItems = locked(
  'refusals',
  async (db: Db, items: readonly RefusedItem[], at: string): Promise<readonly string[]> => {
    const rows = new Map<string, Awaited<ReturnType<typeof toStored>>>();
    const ids: string[] = [];
    for (const item of items) {
      const row = await toStored(db, item, at);
      rows.set(row.refusalId, row);
      ids.push(row.refusalId);
    }
    for (const some of chunksOf([...rows.values()], chunkSize)) await write(db, some);
    return ids;
  },
);

/** The same of one. Returns its id. */
export async function refuseItem(db: Db, item: RefusedItem, at: string): Promise<string> {
  const [refusalId = ''] = await refuseItems(db, [item], at);
  return refusalId;
}

async function toStored(db: Db, { payload, ...item }: RefusedItem, at: string) {
  const { source, way, ref, externalId = null, personId = null, kind = null, reason } = item;
  const text = canonicalJson(payload);
  const { seal, fingerprint } = sealerOf(db);
  const refusalId = (await fingerprint(canonicalJson([source, way, text]))).slice(0, 16);
  return {
    ...{ refusalId, source, way, ref, externalId, personId, kind, reason },
    payload: await seal(text, refusalId),
    ...({ state: 'open', times: 1, firstAt: at, lastAt: at } as const),
  };
}

const anew = <T>(now: T, column: string) =>
  sql<T>`case when ${staysDecided} then ${sql.ref(`refusals.${column}`)} else ${now} end`;

async function write(db: Db, rows: readonly Awaited<ReturnType<typeof toStored>>[]): Promise<void> {
  await db
    .insertInto('refusals')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('refusalId').doUpdateSet((said) => ({
        ref: said.ref('excluded.ref'),
        reason: said.ref('excluded.reason'),
        kind: said.ref('excluded.kind'),
        externalId: said.ref('excluded.externalId'),
        personId: said.ref('excluded.personId'),
        payload: said.ref('excluded.payload'),
        times: sql<number>`case when refusals.ref = excluded.ref then refusals.times else refusals.times + 1 end`,
        lastAt: sql<string>`case when refusals.ref = excluded.ref then refusals.last_at else excluded.last_at end`,
        state: anew('open' as const, 'state'),
        decidedAt: anew<string | null>(null, 'decidedAt'),
        decidedBy: anew<string | null>(null, 'decidedBy'),
        why: anew<string | null>(null, 'why'),
        toldAt: anew<string | null>(null, 'toldAt'),
      })),
    )
    .execute();
}

const shown = [
  'refusalId',
  'source',
  'way',
  'ref',
  'externalId',
  'personId',
  'kind',
  'reason',
  'state',
  'times',
  'firstAt',
  'lastAt',
  'decidedAt',
  'decidedBy',
  'why',
  'toldAt',
] as const satisfies readonly (keyof Schema['refusals'])[];

/** The newest first. */
export async function listRefusals(
  db: Db,
  { limit, offset, ...filter }: RefusalFilter & { readonly limit: number; readonly offset: number },
): Promise<readonly RefusalRow[]> {
  let query = db.selectFrom('refusals').select(shown);
  for (const name of ['state', 'source', 'way', 'ref'] as const) {
    if (filter[name] !== undefined) query = query.where(name, '=', filter[name]);
  }
  // What an index of the open ones needs to see.
  if (filter.state === 'open') query = query.where('decidedAt', 'is', null);
  const rows = await query.orderBy('lastAt', 'desc').orderBy('refusalId').limit(limit).offset(offset).execute();
  return rows.map((row) => withoutNulls(row));
}

export async function findRefusal(db: Db, refusalId: string): Promise<RefusalRow | undefined> {
  const row = await db.selectFrom('refusals').select(shown).where('refusalId', '=', refusalId).executeTakeFirst();
  return row && withoutNulls(row);
}

/** What was said. Undefined where it is not kept any more; throws where it was sealed by another key. */
export async function refusedPayload(db: Db, refusalId: string): Promise<unknown> {
  const row = await db.selectFrom('refusals').select('payload').where('refusalId', '=', refusalId).executeTakeFirst();
  const sealed = row?.payload ?? undefined;
  return sealed === undefined ? undefined : JSON.parse(await sealerOf(db).unseal(sealed, refusalId));
}

/** Undefined where it is not open. */
export const decideRefusal = locked(
  'refusals',
  async (db: Db, refusalId: string, { state, at, by, why }: RefusalDecision): Promise<RefusalRow | undefined> => {
    const row = await findRefusal(db, refusalId);
    if (row?.state !== 'open') return undefined;
    const decided = { state, decidedAt: at, decidedBy: by, why: why ?? null, toldAt: row.toldAt ?? at };
    await db.updateTable('refusals').set(decided).where('refusalId', '=', refusalId).execute();
    return { ...row, ...withoutNulls(decided) };
  },
);

/** What nobody has decided, by source and way. */
export const openRefusals = (db: Db): Promise<readonly OpenRefusals[]> => counted(db, 'decidedAt');

/** What people have not been told of, which counts as told from then on. */
export const takeUntoldRefusals = locked('refusals', async (db: Db, at: string): Promise<readonly OpenRefusals[]> => {
  const untold = await counted(db, 'toldAt');
  if (untold.length > 0) await db.updateTable('refusals').set({ toldAt: at }).where('toldAt', 'is', null).execute();
  return untold;
});

async function counted(db: Db, missing: 'decidedAt' | 'toldAt'): Promise<readonly OpenRefusals[]> {
  const rows = await db
    .selectFrom('refusals')
    .select(({ fn }) => [
      'source',
      'way',
      fn.countAll<number | string>().as('all'),
      sql<number | string>`sum(case when kind is null or kind = 'leaver' then 1 else 0 end)`.as('leaving'),
      fn.min('firstAt').as('since'),
    ])
    .where(missing, 'is', null)
    .groupBy(['source', 'way'])
    .orderBy('source')
    .orderBy('way')
    .execute();
  return rows.map(({ source, way, all, leaving, since }) => {
    return { source, way, leaving: Number(leaving), others: Number(all) - Number(leaving), since };
  });
}

/** Payloads that last came before then are not kept any longer; what was refused, when and why stays. */
export const forgetRefusedPayloads = locked('refusals', async (db: Db, lastBefore: string): Promise<void> => {
  await db
    .updateTable('refusals')
    .set({ payload: null })
    .where('lastAt', '<', lastBefore)
    .where('payload', 'is not', null)
    .execute();
});
