import { sql } from 'kysely';
import type { Account } from '../../domain/model.ts';
import type { Nhi } from '../../domain/sync/kinds.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { parseJson, type Json } from '../port/json.ts';
import type { NhiFilter, NhiRow } from '../port/nhis.ts';
import { standingKinds } from './syncRuns.ts';

/** Service accounts are rows of the accounts, everything else is a row of its own: lists show both. */
function nhiRows(db: Db) {
  const serviceAccounts = db
    .selectFrom('accounts')
    .where('isServiceAccount', '=', 1)
    .select([
      sql.lit<NhiRow['kind']>('serviceAccount').as('kind'),
      'accountId as id',
      sql<string | null>`null`.as('ownerAccountId'),
      sql<Json<Account | Nhi>>`account`.as('json'),
      'firstSeenAt',
      'lastSeenAt',
      'goneAt',
    ]);
  const others = db
    .selectFrom('nhis')
    .select([
      'kind',
      'nhiId as id',
      'ownerAccountId',
      sql<Json<Account | Nhi>>`nhi`.as('json'),
      'firstSeenAt',
      'lastSeenAt',
      'goneAt',
    ]);
  return db
    .selectFrom(serviceAccounts.unionAll(others).as('n'))
    .leftJoin('accounts as owners', 'owners.accountId', 'n.ownerAccountId')
    .leftJoin('nhiOwners', 'nhiOwners.nhiId', 'n.id')
    .selectAll('n')
    .select([
      'owners.email as ownerEmail',
      'owners.status as ownerStatus',
      'owners.goneAt as ownerGoneAt',
      'nhiOwners.personId as ownerPersonId',
    ]);
}

type JoinedRow = Awaited<ReturnType<ReturnType<typeof nhiRows>['execute']>>[number];

/** Service accounts too, which are rows of the accounts. By kind and id. */
export async function listNhis(
  db: Db,
  { kind, ownerPersonId, ownerAccountId, isThere, limit, offset }: NhiFilter,
): Promise<readonly NhiRow[]> {
  let query = nhiRows(db).orderBy('n.kind').orderBy('n.id').limit(limit).offset(offset);
  if (kind !== undefined) query = query.where('n.kind', '=', kind);
  if (ownerPersonId !== undefined) query = query.where('nhiOwners.personId', '=', ownerPersonId);
  if (ownerAccountId !== undefined) query = query.where('n.ownerAccountId', '=', ownerAccountId);
  if (isThere !== undefined) query = query.where('n.goneAt', isThere ? 'is' : 'is not', null);
  return toNhiRows(db, await query.execute());
}

export async function findNhi(db: Db, nhiId: string): Promise<NhiRow | undefined> {
  return (await toNhiRows(db, await nhiRows(db).where('n.id', '=', nhiId).execute()))[0];
}

/** Ids of the service accounts that are there. */
export async function serviceAccountIds(db: Db): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('accounts')
    .select('accountId')
    .where('isServiceAccount', '=', 1)
    .where('goneAt', 'is', null)
    .orderBy('accountId')
    .execute();
  return rows.map(({ accountId }) => accountId);
}

/** What is there was seen by every whole reading of its kind since its row was written. */
async function toNhiRows(db: Db, rows: readonly JoinedRow[]): Promise<readonly NhiRow[]> {
  if (rows.length === 0) return [];
  const { completeAt } = await standingKinds(db);
  return rows.map((row) => {
    const read = completeAt[row.kind === 'serviceAccount' ? 'accounts' : row.kind];
    const isSeenLater = row.goneAt === null && read !== undefined && read > row.lastSeenAt;
    const { goneAt, ownerEmail, ownerPersonId } = row;
    const ownerStatus = row.ownerGoneAt === null ? row.ownerStatus : ('gone' as const);
    const json = parseJson(row.json);
    return {
      ...('details' in json ? json : serviceAccountNhi(json)),
      firstSeenAt: row.firstSeenAt,
      lastSeenAt: isSeenLater ? read : row.lastSeenAt,
      ...withoutNulls({ goneAt, ownerEmail, ownerStatus, ownerPersonId }),
    };
  });
}

/** Its e-mail hints at its creator, and proves nothing. */
function serviceAccountNhi({ id, name, email, status, roleIds, createdAt, lastLoginAt }: Account): Nhi {
  return {
    id,
    kind: 'serviceAccount',
    name,
    createdAt,
    lastUsedAt: lastLoginAt,
    details: { email, status, roleIds },
  };
}
