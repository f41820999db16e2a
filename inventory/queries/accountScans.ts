import { createHash } from 'node:crypto';
import { chunksOf } from '../database/chunks.ts';
import { underLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { AccountsSweep } from '../port/accounts.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import { endRoleHistory } from './accountRoles.ts';

/** The accounts that a scan has seen are kept as one row per page, so that unchanged accounts need no write. */
export async function notePage(db: Db, scanId: string, accountIds: readonly string[], seenAt: string): Promise<void> {
  await db
    .insertInto('scans')
    .values({ scanId, lastPageAt: seenAt })
    .onConflict((conflict) =>
      conflict
        .column('scanId')
        .doUpdateSet({ lastPageAt: seenAt })
        .where('scans.lastPageAt', '<', seenAt)
        .where('scans.sweptAt', 'is', null),
    )
    .execute();
  if (accountIds.length === 0) return;
  const ids = canonicalJson(accountIds.toSorted());
  await db
    .insertInto('scanPages')
    .values({ scanId, page: createHash('sha256').update(ids).digest('base64url'), accountIds: ids })
    .onConflict((conflict) => conflict.columns(['scanId', 'page']).doNothing())
    .execute();
}

const chunkSize = 500;
const readSize = 5_000;
const keptScans = 20;

/**
 * Closes what the scan has not seen and nobody wrote since it began. A scan that saw no account at all closes none: an
 * organization without accounts cannot be asked; nor does one that saw fewer than are `expected`. Short transactions,
 * which a repeated call completes.
 */
export async function sweepAccounts(
  db: Db,
  { scanId, scanStartedAt, at, expected = 1 }: AccountsSweep,
): Promise<{ removed: number; isWhole: boolean }> {
  const scan = await db.selectFrom('scans').selectAll().where('scanId', '=', scanId).executeTakeFirst();
  if (scan === undefined) return { removed: 0, isWhole: false };
  if (scan.sweptAt !== null) return { removed: scan.removed ?? 0, isWhole: true };
  const seen = await seenBy(db, scanId);
  if (seen.size < expected) return { removed: 0, isWhole: false };
  const previous = await lastSweep(db);
  for await (const unseen of unseenAccounts(db, seen, scanStartedAt)) {
    await underLock(db, 'accounts', (trx) => closeAccounts(trx, { scanId, unseen, scanStartedAt, previous, at }));
  }
  const { removed } = await underLock(db, 'accounts', (trx) => finishScan(trx, scanId, at));
  return { removed, isWhole: true };
}

/** Page by page: all of them at once would be held twice. */
async function seenBy(db: Db, scanId: string): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const pages = await db.selectFrom('scanPages').select('page').where('scanId', '=', scanId).execute();
  for (const { page } of pages) {
    const { accountIds } = await db
      .selectFrom('scanPages')
      .select('accountIds')
      .where('scanId', '=', scanId)
      .where('page', '=', page)
      .executeTakeFirstOrThrow();
    for (const id of parseJson(accountIds)) seen.add(id);
  }
  return seen;
}

async function* unseenAccounts(db: Db, seen: ReadonlySet<string>, writtenBefore: string) {
  let last = '';
  for (;;) {
    const rows = await db
      .selectFrom('accounts')
      .select('accountId')
      .where('accountId', '>', last)
      .where('goneAt', 'is', null)
      .where('writtenAt', '<', writtenBefore)
      .orderBy('accountId')
      .limit(readSize)
      .execute();
    const unseen = rows.map(({ accountId }) => accountId).filter((id) => !seen.has(id));
    yield* chunksOf(unseen, chunkSize);
    if (rows.length < readSize) return;
    last = rows.at(-1)?.accountId ?? last;
  }
}

interface Closing {
  readonly scanId: string;
  readonly unseen: readonly string[];
  readonly scanStartedAt: string;
  /** The last scan that saw what is now gone. */
  readonly previous: string | undefined;
  readonly at: string;
}

async function closeAccounts(db: Db, { scanId, unseen, scanStartedAt, previous, at }: Closing): Promise<void> {
  const closing = db
    .updateTable('accounts')
    .where('accountId', 'in', unseen)
    .where('goneAt', 'is', null)
    .where('writtenAt', '<', scanStartedAt);
  if (previous !== undefined) {
    await closing.where('lastSeenAt', '<', previous).set({ lastSeenAt: previous }).execute();
  }
  const closed = await closing.set({ goneAt: at, writtenAt: at }).returning('accountId').execute();
  await endRoleHistory(
    db,
    closed.map(({ accountId }) => accountId),
    at,
  );
  await db
    .updateTable('scans')
    .set(({ eb, fn }) => ({ removed: eb(fn.coalesce('removed', eb.val(0)), '+', closed.length) }))
    .where('scanId', '=', scanId)
    .execute();
}

/** Remembers the result, and lets go of the pages of this scan and of all before the last few. */
async function finishScan(db: Db, scanId: string, at: string): Promise<{ removed: number }> {
  await db
    .updateTable('scans')
    .set({ sweptAt: at })
    .where('scanId', '=', scanId)
    .where('sweptAt', 'is', null)
    .execute();
  const { removed, lastPageAt } = await db
    .selectFrom('scans')
    .select(['removed', 'lastPageAt'])
    .where('scanId', '=', scanId)
    .executeTakeFirstOrThrow();
  await db.deleteFrom('scanPages').where('scanId', '=', scanId).execute();
  const old = await db
    .selectFrom('scans')
    .select('scanId')
    .where('lastPageAt', '<', lastPageAt)
    .orderBy('lastPageAt', 'desc')
    .limit(1_000)
    .offset(keptScans)
    .execute();
  const ids = old.map(({ scanId }) => scanId);
  if (ids.length > 0) {
    await db.deleteFrom('scanPages').where('scanId', 'in', ids).execute();
    await db.deleteFrom('scans').where('scanId', 'in', ids).execute();
  }
  return { removed: removed ?? 0 };
}

async function lastSweep(db: Db): Promise<string | undefined> {
  const { lastPageAt } = await db
    .selectFrom('scans')
    .select(({ fn }) => fn.max('lastPageAt').as('lastPageAt'))
    .where('sweptAt', 'is not', null)
    .executeTakeFirstOrThrow();
  return lastPageAt ?? undefined;
}
