import type { Db } from '../database/schema.ts';
import { signerOf } from '../database/signer.ts';
import type { EvidenceCheck, LinkId } from '../port/evidence.ts';
import { parseJson } from '../port/json.ts';
import { hashLink, origin, readHead } from './evidence.ts';

const verifyPage = 1_000;

/**
 * Walks the chain from its origin to the recorded end, and finds a link that was altered, removed, moved or added by somebody without the
 * key, by its `seq`.
 * `noted` is a link that was written down elsewhere: a chain that was cut off before it, or rebuilt, holds in itself. Links
 * that are appended meanwhile are not looked at.
 */
export async function verifyEvidence(db: Db, noted?: LinkId): Promise<EvidenceCheck> {
  const head = await readHead(db);
  if (head.strays !== null)
    return { ok: false, seq: head.strays, why: 'the link stands outside of the recorded chain' };
  const signer = signerOf(db);
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
    for (const { seq, entry, hash, signature, personId, eventId, step } of rows) {
      if (seq !== last.seq + 1) return { ok: false, seq: last.seq + 1, why: 'the link is missing' };
      if (hash !== hashLink(last.hash, entry)) {
        return { ok: false, seq, why: 'the hash does not follow from the link before and the entry' };
      }
      if (signature === '') return { ok: false, seq, why: 'the link is not signed' };
      if (!(await signer.verify(hash, signature))) {
        return { ok: false, seq, why: 'its signature is not by this key' };
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
