import { hash } from 'node:crypto';
import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import { catalogEntry, kindsFoundAt } from '../../domain/findings/catalog.ts';
import type { KindStates } from '../../domain/sync/kinds.ts';
import { chunksOf } from '../database/chunks.ts';
import { upsertRows } from '../database/jsonRows.ts';
import { locked, underLock } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import type { FindingFilter, FindingRow, FindingsPage, WrittenFindings } from '../port/findings.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import { standingKinds } from './syncRuns.ts';
import { frozenBecause, type Found } from '../../domain/findings/found.ts';

type Stored = Selectable<Schema['findings']>;
type NewFinding = Pick<Stored, keyof typeof columns>;

const chunkSize = 250;

/** The same finding has the same id at every sync. */
const findingIdOf = ({ kind, subject }: Pick<Found, 'kind' | 'subject'>): string =>
  hash('sha256', `${kind}\n${subject}`).slice(0, 16);

/**
 * Opens, closes, and changes what differs. That is worked out before anything is locked, so that a page without news writes
 * nothing.
 */
export async function writeFindings(db: Db, page: FindingsPage): Promise<WrittenFindings> {
  const { frozenScopes, states, at } = page;
  const isFrozen = (one: Pick<Found, 'kind' | 'subject' | 'scope'>) =>
    frozenScopes.has(one.scope) || frozenBecause(one, states) !== undefined;
  const stored = new Map((await storedBetween(db, page)).map((row) => [row.findingId, row]));
  const found = new Map(page.found.filter((one) => !isFrozen(one)).map((one) => [findingIdOf(one), one]));

  const changed = [...found].filter(([id, one]) => isNews(stored.get(id), one));
  const rows = changed.map(([id, one]) => toStored(id, one, stored.get(id), at));
  const over = [...stored.values()].filter(
    (row) => row.closedAt === null && !found.has(row.findingId) && !isFrozen(row),
  );
  if (rows.length > 0) {
    await underLock(db, 'findings', async (trx) => {
      for (const some of chunksOf(rows, chunkSize)) await upsert(trx, some);
    });
  }
  for (const some of chunksOf(over, chunkSize)) await underLock(db, 'findings', (trx) => close(trx, some, at));
  const opened = changed.filter(([id]) => stored.get(id)?.closedAt !== null).map(([, one]) => one);
  return { opened, closed: over.length };
}

function storedBetween(db: Db, { foundAt, after, upTo, only }: FindingsPage): Promise<readonly Stored[]> {
  let query = db.selectFrom('findings').selectAll().where('kind', 'in', kindsFoundAt(foundAt));
  query = only === undefined ? query.where('scope', '>', after) : query.where('scope', '=', only);
  if (upTo !== undefined) query = query.where('scope', '<=', upTo);
  return query.execute();
}

function isNews(before: Stored | undefined, now: Found): boolean {
  if (before === undefined || before.closedAt !== null) return true;
  return (
    before.severity !== now.severity || before.name !== now.name || before.evidence !== canonicalJson(now.evidence)
  );
}

/** What comes back after it was closed opens anew; a mute that still holds stays. */
function toStored(findingId: string, one: Found, before: Stored | undefined, at: string): NewFinding {
  const { kind, subject, scope, name, severity, personId = null, accountId = null } = one;
  const isStillOpen = before !== undefined && before.closedAt === null;
  return {
    findingId,
    kind,
    subject,
    scope,
    name,
    severity,
    personId,
    accountId,
    evidence: canonicalJson(one.evidence),
    openedAt: isStillOpen ? before.openedAt : (one.since ?? at),
  };
}

const columns = {
  findingId: 'text',
  kind: 'text',
  subject: 'text',
  scope: 'text',
  name: 'text',
  severity: 'text',
  personId: 'text',
  accountId: 'text',
  evidence: 'text',
  openedAt: 'text',
} as const;

/** What somebody has muted meanwhile stays muted. */
const upsert = (db: Db, rows: readonly NewFinding[]): Promise<void> =>
  upsertRows(db, 'findings', {
    columns,
    rows,
    key: ['findingId'],
    replaced: ['name', 'severity', 'personId', 'accountId', 'evidence', 'openedAt'],
    reset: 'closedAt',
  });

/** A no to a repair holds as long as the drift it was about. */
async function close(db: Db, rows: readonly Stored[], at: string): Promise<void> {
  const ids = rows.map(({ findingId }) => findingId);
  await db.updateTable('findings').set({ closedAt: at }).where('findingId', 'in', ids).execute();
  const subjects = rows.filter(({ kind }) => kind.startsWith('drift')).map(({ subject }) => subject);
  if (subjects.length > 0) await db.deleteFrom('repairRejections').where('subject', 'in', subjects).execute();
}

const severityOrder = sql<number>`case severity when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end`;

/** The worst first, then the newest. */
export async function listFindings(db: Db, filter: FindingFilter, now: string): Promise<readonly FindingRow[]> {
  const { kind, severity, personId, state, limit, offset } = filter;
  let query = inState(db.selectFrom('findings').selectAll(), state, now);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (severity !== undefined) query = query.where('severity', '=', severity);
  if (personId !== undefined) query = query.where('personId', '=', personId);
  const rows = await query
    .orderBy(severityOrder)
    .orderBy('openedAt', 'desc')
    .orderBy('findingId')
    .limit(limit)
    .offset(offset)
    .execute();
  const { last } = await standingKinds(db);
  return rows.map((row) => toRow(row, last, now));
}

export async function countOpenFindings(db: Db, now: string): Promise<number> {
  const { count } = await inState(db.selectFrom('findings'), 'open', now)
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** `undefined` where there is no such finding. */
export const muteFinding = locked(
  'findings',
  async (
    db: Db,
    id: string,
    { until, reason, at }: { until: string; reason: string; at: string },
  ): Promise<{ readonly before: FindingRow; readonly after: FindingRow } | undefined> => {
    const row = await db.selectFrom('findings').selectAll().where('findingId', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    const mute = { mutedUntil: until, muteReason: reason, mutedAt: at };
    await db.updateTable('findings').set(mute).where('findingId', '=', id).execute();
    const { last } = await standingKinds(db);
    return { before: toRow(row, last, at), after: toRow({ ...row, ...mute }, last, at) };
  },
);

function inState<O>(query: SelectQueryBuilder<Schema, 'findings', O>, state: FindingFilter['state'], now: string) {
  if (state === 'closed') return query.where('closedAt', 'is not', null);
  if (state === 'muted') return query.where('closedAt', 'is', null).where('mutedUntil', '>', now);
  if (state === undefined) return query;
  return query
    .where('closedAt', 'is', null)
    .where((where) => where.or([where('mutedUntil', 'is', null), where('mutedUntil', '<=', now)]));
}

function toRow(row: Stored, states: KindStates, now: string): FindingRow {
  const { findingId, kind, severity, name, openedAt, closedAt, personId, accountId, mutedUntil, muteReason } = row;
  const { title, advice, owasp } = catalogEntry(kind);
  const isMuted = mutedUntil !== null && mutedUntil > now;
  return {
    id: findingId,
    kind,
    severity,
    state: closedAt !== null ? 'closed' : isMuted ? 'muted' : 'open',
    name,
    title,
    advice,
    owasp,
    since: openedAt,
    ...withoutNulls({ closedAt, personId, accountId }),
    evidence: parseJson(row.evidence),
    frozen: closedAt === null ? frozenBecause(row, states) : undefined,
    ...(isMuted && withoutNulls({ mutedUntil, muteReason })),
  };
}
