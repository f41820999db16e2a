import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { locked } from '../database/locks.ts';
import { signerOf } from '../database/signer.ts';
import type { Db } from '../database/schema.ts';
import type { EvidenceEntry, EvidenceRow } from '../port/evidence.ts';
import { canonicalJson, parseJson } from '../port/json.ts';

/** What the first link follows. */
export const origin = '0'.repeat(64);
const headId = 1;

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

/** Whether Muster created this account for this person since then. */
export async function hasCreated(
  db: Db,
  { personId, accountId, since }: { readonly personId: string; readonly accountId: string; readonly since: string },
): Promise<boolean> {
  const rows = await db
    .selectFrom('evidence')
    .select('entry')
    .where('personId', '=', personId)
    .where('step', 'like', 'createAccount%')
    .execute();
  return rows
    .map(({ entry }) => parseJson(entry))
    .some(({ at, after }) => at >= since && (after as { readonly id?: string } | undefined)?.id === accountId);
}

/** How many links the person has of this kind of step since then. */
export async function countEvidence(
  db: Db,
  { personId, stepPrefix, since }: { readonly personId: string; readonly stepPrefix: string; readonly since: string },
): Promise<number> {
  const rows = await db
    .selectFrom('evidence')
    .select('entry')
    .where('personId', '=', personId)
    .where('step', 'like', `${stepPrefix}%`)
    .execute();
  return rows.filter(({ entry }) => parseJson(entry).at >= since).length;
}

/** The same without a look at what is there. */
export async function appendLink(db: Db, entry: EvidenceEntry): Promise<void> {
  const { eventId, step, personId } = entry;
  const head = await readHead(db);
  const text = canonicalJson(entry);
  const hash = hashLink(head.hash, text);
  const link = { seq: head.seq + 1, hash };
  const signature = await signerOf(db).sign(hash);
  await db
    .insertInto('evidence')
    .values({ ...link, personId, eventId, step, entry: text, signature })
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
  let query = db.selectFrom('evidence').select(['seq', 'entry', 'hash', 'signature']);
  if (personId !== undefined) query = query.where('personId', '=', personId);
  const rows = await query.orderBy('seq').limit(limit).offset(offset).execute();
  return rows.map(({ seq, entry, hash, signature }) => ({ ...parseJson(entry), seq, hash, signature }));
}

/** One statement, so that the end and the links are of one moment. `strays` is a link before the first or after the end. */
export async function readHead(db: Db): Promise<{ seq: number; hash: string; strays: number | null }> {
  const head = sql`from evidence_head where id = ${sql.lit(headId)}`;
  const { rows } = await sql<{ seq: number | null; hash: string | null; strays: number | null }>`
    select (select seq ${head}) as seq, (select hash ${head}) as hash,
      (select min(seq) from evidence where seq < 1 or seq > coalesce((select seq ${head}), 0)) as strays`.execute(db);
  const { seq = null, hash = null, strays = null } = rows[0] ?? {};
  return { seq: seq ?? 0, hash: hash ?? origin, strays };
}

export const hashLink = (before: string, entry: string): string =>
  createHash('sha256')
    .update(before + entry)
    .digest('hex');
