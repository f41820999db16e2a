import { sql, type Selectable } from 'kysely';
import type { Nhi, NhiKind } from '../../domain/sync/kinds.ts';
import { mayBeUnread } from '../../domain/sync/oddRows.ts';
import { chunksOf } from '../database/chunks.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import type { Written } from '../port/accounts.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { NhiSweep } from '../port/nhis.ts';

type StoredNhi = Pick<Selectable<Schema['nhis']>, 'nhiId' | 'nhi' | 'writtenAt' | 'goneAt'>;

const chunkSize = 200;
/**
 * A key in use is used again at every sync, Muster's own for one. Days are what counts, so a use within a day after the one
 * on record is no change.
 */
const useCountsAfterMs = 24 * 60 * 60_000;

/** Writes the rows that are new or differ. What was read before a row's last write does not change it. */
export const writeNhis = locked('nhis', async (db: Db, nhis: readonly Nhi[], seenAt: string): Promise<Written> => {
  const byId = new Map(nhis.map((nhi) => [nhi.id, nhi]));
  const stored = await storedNhis(db, [...byId.keys()]);
  const written = [...byId.values()].filter((nhi) => {
    const before = stored.get(nhi.id);
    if (before === undefined) return true;
    return seenAt >= before.writtenAt && (before.goneAt !== null || !isSame(parseJson(before.nhi), nhi));
  });
  for (const some of chunksOf(written, chunkSize)) {
    await db
      .insertInto('nhis')
      .values(
        some.map((nhi) => ({
          nhiId: nhi.id,
          kind: nhi.kind,
          name: nhi.name,
          ownerAccountId: nhi.ownerAccountId ?? null,
          nhi: canonicalJson(nhi),
          firstSeenAt: seenAt,
          writtenAt: seenAt,
          lastSeenAt: seenAt,
        })),
      )
      .onConflict((conflict) =>
        conflict.column('nhiId').doUpdateSet((row) => ({
          kind: row.ref('excluded.kind'),
          name: row.ref('excluded.name'),
          ownerAccountId: row.ref('excluded.ownerAccountId'),
          nhi: row.ref('excluded.nhi'),
          writtenAt: row.ref('excluded.writtenAt'),
          lastSeenAt: row.ref('excluded.lastSeenAt'),
          goneAt: null,
        })),
      )
      .execute();
  }
  const added = written.filter(({ id }) => (stored.get(id)?.goneAt ?? undefined) !== undefined || !stored.has(id));
  return { added: added.length, changed: written.length - added.length };
});

async function storedNhis(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, StoredNhi>> {
  const rows = await db
    .selectFrom('nhis')
    .select(['nhiId', 'nhi', 'writtenAt', 'goneAt'])
    .where('nhiId', 'in', jsonTexts(db, ids))
    .execute();
  return new Map(rows.map((row) => [row.nhiId, row]));
}

function isSame(before: Nhi, now: Nhi): boolean {
  if (useMs(now) - useMs(before) >= useCountsAfterMs) return false;
  return canonicalJson({ ...before, lastUsedAt: '' }) === canonicalJson({ ...now, lastUsedAt: '' });
}

const useMs = ({ lastUsedAt }: Nhi): number => (lastUsedAt === undefined ? 0 : Date.parse(lastUsedAt));

/** Closes rows of these kinds that were not seen, unless they were written since the reading began. */
export const sweepNhis = locked('nhis', async (db: Db, sweep: NhiSweep): Promise<{ removed: number }> => {
  const { kinds, ownerAccountId, seenIds, unread = [], readStartedAt, at } = sweep;
  if (kinds.length === 0) return { removed: 0 };
  let query = db
    .selectFrom('nhis')
    .select('nhiId')
    .where('kind', 'in', kinds)
    .where('goneAt', 'is', null)
    .where('writtenAt', '<', readStartedAt);
  if (ownerAccountId !== undefined) query = query.where('ownerAccountId', '=', ownerAccountId);
  const seen = new Set(seenIds);
  const unseen = (await query.execute()).map(({ nhiId }) => nhiId).filter((id) => !seen.has(id));
  return closeNhis(
    db,
    unseen.filter((id) => !mayBeUnread(unread, id)),
    at,
  );
});

/** Closes keys and tokens of these kinds whose owner's account is gone: nobody's list shows them any more. */
export const sweepOwnerlessNhis = locked(
  'nhis',
  async (db: Db, kinds: readonly NhiKind[], at: string): Promise<{ removed: number }> => {
    const rows = await db
      .selectFrom('nhis')
      .innerJoin('accounts', 'accounts.accountId', 'nhis.ownerAccountId')
      .select('nhis.nhiId')
      .where('nhis.kind', 'in', kinds)
      .where('nhis.goneAt', 'is', null)
      .where('accounts.goneAt', 'is not', null)
      .execute();
    return closeNhis(
      db,
      rows.map(({ nhiId }) => nhiId),
      at,
    );
  },
);

/** A row that goes was last seen by the last whole reading of its kind. */
async function closeNhis(db: Db, ids: readonly string[], at: string): Promise<{ removed: number }> {
  const closing = db.updateTable('nhis').where('nhiId', 'in', jsonTexts(db, ids));
  const lastRead = sql<string>`(select max(k.read_at) from sync_run_kinds k where k.kind = nhis.kind and k.state = 'complete')`;
  await closing
    .set({ lastSeenAt: sql<string>`case when ${lastRead} > last_seen_at then ${lastRead} else last_seen_at end` })
    .execute();
  await closing.set({ goneAt: at, writtenAt: at }).execute();
  return { removed: ids.length };
}

/** Declares its owner; `undefined` withdraws the declaration. */
export const setNhiOwner = locked(
  'nhis',
  async (db: Db, nhiId: string, personId: string | undefined, at: string): Promise<void> => {
    if (personId === undefined) {
      await db.deleteFrom('nhiOwners').where('nhiId', '=', nhiId).execute();
      return;
    }
    await db
      .insertInto('nhiOwners')
      .values({ nhiId, personId, setAt: at })
      .onConflict((conflict) => conflict.column('nhiId').doUpdateSet({ personId, setAt: at }))
      .execute();
  },
);
