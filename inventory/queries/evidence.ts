import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { EvidenceCheck, EvidenceEntry, EvidenceRow } from '../port/evidence.ts';
import { canonicalJson, parseJson } from '../port/json.ts';

/** What the first link follows. */
const origin = '0'.repeat(64);
const headId = 1;
const verifyPage = 1_000;

/** Appends one link. Unique by (eventId, step, personId): a retry adds no second one. */
export const appendEvidence = locked('evidence', async (db: Db, entry: EvidenceEntry): Promise<void> => {
  if (!(await hasEvidence(db, entry))) await appendLink(db, entry);
});

/** Whether this step of this event has left its link. */
export async function hasEvidence(
  db: Db,
  { eventId, step, personId }: Pick<EvidenceEntry, 'eventId' | 'step' | 'personId'>,
): Promise<boolean> {
  const present = await db
    .selectFrom('evidence')
    .select('seq')
    .where('eventId', '=', eventId)
    .where('step', '=', step)
    .where('personId', '=', personId)
    .executeTakeFirst();
  return present !== undefined;
}

/** The same without a look at what is there. */
export async function appendLink(db: Db, entry: EvidenceEntry): Promise<void> {
  const { eventId, step, personId } = entry;
  const head = await readHead(db);
  const text = canonicalJson(entry);
  const link = { seq: head.seq + 1, hash: hashLink(head.hash, text) };
  await db
    .insertInto('evidence')
    .values({ ...link, personId, eventId, step, entry: text })
    .execute();
  await db
    .insertInto('evidenceHead')
    .values({ id: headId, ...link })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(link))
    .execute();
}

/** The newest last; pages by `offset`. */
export async function listEvidence(
  db: Db,
  { personId, limit, offset }: { personId?: string; limit: number; offset: number },
): Promise<readonly EvidenceRow[]> {
  let query = db.selectFrom('evidence').select(['seq', 'entry', 'hash']);
  if (personId !== undefined) query = query.where('personId', '=', personId);
  const rows = await query.orderBy('seq').limit(limit).offset(offset).execute();
  return rows.map(({ seq, entry, hash }) => ({ ...parseJson(entry), seq, hash }));
}

/**
 * Walks the chain from its origin to the recorded end, and finds a link that was altered, removed or moved, by its `seq`.
 * `noted` is a link that was written down elsewhere: a chain that was cut off before it, or rebuilt, holds in itself. Links
 * that are appended meanwhile are not looked at.
 */
export async function verifyEvidence(db: Db, noted?: Pick<EvidenceRow, 'seq' | 'hash'>): Promise<EvidenceCheck> {
  const head = await readHead(db);
  if (head.strays !== null)
    return { ok: false, seq: head.strays, why: 'the link stands outside of the recorded chain' };
  let last = { seq: 0, hash: origin };
  while (last.seq < head.seq) {
    const rows = await db
      .selectFrom('evidence')
      .selectAll()
      .where('seq', '>', last.seq)
      .where('seq', '<=', head.seq)
      .orderBy('seq')
      .limit(verifyPage)
      .execute();
    if (rows.length === 0) return { ok: false, seq: last.seq + 1, why: 'the link is missing' };
    for (const { seq, entry, hash, personId, eventId, step } of rows) {
      if (seq !== last.seq + 1) return { ok: false, seq: last.seq + 1, why: 'the link is missing' };
      if (hash !== hashLink(last.hash, entry)) {
        return { ok: false, seq, why: 'the hash does not follow from the link before and the entry' };
      }
      const said = parseJson(entry);
      if (said.personId !== personId || said.eventId !== eventId || said.step !== step) {
        return { ok: false, seq, why: 'personId, eventId or step differ from the hashed entry' };
      }
      if (seq === noted?.seq && hash !== noted.hash)
        return { ok: false, seq, why: 'it is another link than was noted' };
      last = { seq, hash };
    }
  }
  if (last.hash !== head.hash) return { ok: false, seq: head.seq, why: 'the chain does not end as it was recorded' };
  if (noted !== undefined && noted.seq > last.seq) {
    return { ok: false, seq: last.seq + 1, why: `links are missing at the end: link ${noted.seq} was noted` };
  }
  return { ok: true, count: last.seq, head: last.seq === 0 ? undefined : last };
}

/** One statement, so that the end and the links are of one moment. `strays` is a link before the first or after the end. */
async function readHead(db: Db): Promise<{ seq: number; hash: string; strays: number | null }> {
  const head = sql`from evidence_head where id = ${sql.lit(headId)}`;
  const { rows } = await sql<{ seq: number | null; hash: string | null; strays: number | null }>`
    select (select seq ${head}) as seq, (select hash ${head}) as hash,
      (select min(seq) from evidence where seq < 1 or seq > coalesce((select seq ${head}), 0)) as strays`.execute(db);
  const { seq = null, hash = null, strays = null } = rows[0] ?? {};
  return { seq: seq ?? 0, hash: hash ?? origin, strays };
}

const hashLink = (before: string, entry: string): string =>
  createHash('sha256')
    .update(before + entry)
    .digest('hex');
