import type { Db } from '../database/schema.ts';
import type { EvidenceMark, LinkId, MarkName, SignedLink } from '../port/evidence.ts';
import { parseJson } from '../port/json.ts';
import { readHead } from './evidence.ts';

/** The recorded end of the chain; undefined while there is no link. */
export async function evidenceHead(db: Db): Promise<LinkId | undefined> {
  const { seq, hash } = await readHead(db);
  return seq === 0 ? undefined : { seq, hash };
}

export function findMark(db: Db, name: MarkName): Promise<EvidenceMark | undefined> {
  return db.selectFrom('evidenceMarks').select(['seq', 'hash', 'at']).where('name', '=', name).executeTakeFirst();
}

export async function setMark(db: Db, name: MarkName, { seq, hash, at }: EvidenceMark): Promise<void> {
  await db
    .insertInto('evidenceMarks')
    .values({ name, seq, hash, at })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ seq, hash, at }))
    .execute();
}

/** Whether this very link still is in the chain. */
export async function holdsLink(db: Db, { seq, hash }: LinkId): Promise<boolean> {
  const row = await db.selectFrom('evidence').select('hash').where('seq', '=', seq).executeTakeFirst();
  return row?.hash === hash;
}

/** Oldest first. */
export async function linksAfter(
  db: Db,
  { seq, limit }: { seq: number; limit: number },
): Promise<readonly SignedLink[]> {
  const rows = await db
    .selectFrom('evidence')
    .select(['seq', 'hash', 'signature', 'entry'])
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(({ entry, ...link }) => ({ ...link, text: entry, entry: parseJson(entry) }));
}
