import type { KeySnapshot } from '../../domain/findings/keys.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import type { Db } from '../database/schema.ts';
import { parseJson } from '../port/json.ts';
import type { AccountPageSnapshot, PersonPageSnapshot, SnapshotPage } from '../port/snapshots.ts';

/** What findings are worked out from, page by page: an organization of any size is never in memory at once. */

/** `next` where there may be more. */
export function pageOf<T>(snapshots: readonly T[], ids: readonly string[], limit: number): SnapshotPage<T> {
  return { snapshots, next: ids.length === limit ? ids.at(-1) : undefined };
}

export async function accountSnapshots(
  db: Db,
  after: string,
  limit: number,
): Promise<SnapshotPage<AccountPageSnapshot>> {
  const rows = await db
    .selectFrom('accounts')
    .leftJoin('people', 'people.accountId', 'accounts.accountId')
    .select(['accounts.accountId', 'accounts.account', 'accounts.firstSeenAt', 'accounts.goneAt'])
    .select(['people.personId', 'people.employment', 'people.finishedAt'])
    .where('accounts.accountId', '>', after)
    .orderBy('accounts.accountId')
    .limit(limit)
    .execute();
  const personIds = rows.flatMap(({ personId }) => (personId === null ? [] : [personId]));
  const unbound = rows.filter(({ personId }) => personId === null).map(({ accountId }) => accountId);
  const approved = await approvedRoles(db, personIds);
  const former = await formerPeople(db, unbound);
  const leftOwners = await ownersWhoLeft(db, unbound);
  const snapshots = rows.map((row): AccountPageSnapshot => ({
    account: parseJson(row.account),
    isGone: row.goneAt !== null,
    firstSeenAt: row.firstSeenAt,
    person:
      row.personId === null || row.employment === null
        ? undefined
        : { personId: row.personId, employment: row.employment },
    finishedAt: row.finishedAt ?? undefined,
    formerPersonId: former.get(row.accountId),
    leftOwnerId: leftOwners.get(row.accountId),
    approvedRoleIds: approved.get(row.accountId)?.map(({ id }) => id) ?? [],
  }));
  return pageOf(
    snapshots,
    rows.map(({ accountId }) => accountId),
    limit,
  );
}

/** Role grants by account. */
async function approvedRoles(db: Db, personIds: readonly string[]) {
  const rows = await db
    .selectFrom('grants')
    .select(['accountId', 'id'])
    .where('personId', 'in', jsonTexts(db, personIds))
    .where('until', 'is', null)
    .where('kind', '=', 'role')
    .where('reason', 'in', ['request', 'exception'])
    .execute();
  return Map.groupBy(rows, ({ accountId }) => accountId);
}

async function formerPeople(db: Db, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('grants')
    .select(['accountId', 'personId'])
    .distinct()
    .where('accountId', 'in', jsonTexts(db, accountIds))
    .execute();
  return new Map(rows.map(({ accountId, personId }) => [accountId, personId]));
}

async function ownersWhoLeft(db: Db, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('nhiOwners')
    .innerJoin('people', 'people.personId', 'nhiOwners.personId')
    .select(['nhiOwners.nhiId', 'nhiOwners.personId'])
    .where('nhiOwners.nhiId', 'in', jsonTexts(db, accountIds))
    .where('people.employment', '=', 'left')
    .execute();
  return new Map(rows.map(({ nhiId, personId }) => [nhiId, personId]));
}

/** People with what they hold; only those who are employed and have an account can drift, the others' findings close. */
export async function personSnapshots(db: Db, after: string, limit: number): Promise<SnapshotPage<PersonPageSnapshot>> {
  const rows = await db
    .selectFrom('people')
    .leftJoin('accounts', 'accounts.accountId', 'people.accountId')
    .select(['people.personId', 'people.attributes', 'people.accountId', 'people.employment', 'people.finishedAt'])
    .select(['accounts.account', 'accounts.goneAt'])
    .where('people.personId', '>', after)
    .orderBy('people.personId')
    .limit(limit)
    .execute();
  const employed = rows.flatMap(({ attributes, accountId, employment, ...row }) =>
    employment === 'employed' && attributes !== null && accountId !== null ? [{ ...row, attributes, accountId }] : [],
  );
  const personIds = employed.map(({ personId }) => personId);
  const accountIds = employed.map(({ accountId }) => accountId);
  const grants = await openGrants(db, personIds);
  const teams = await memberships(db, accountIds);
  const emails = await previousEmails(db, personIds);
  const snapshots = employed.map((row): PersonPageSnapshot => ({
    personId: row.personId,
    attributes: parseJson(row.attributes),
    previousEmails: emails.get(row.personId)?.map(({ email }) => email) ?? [],
    accountId: row.accountId,
    account: row.goneAt === null ? parseJson(row.account) : undefined,
    finishedAt: row.finishedAt ?? undefined,
    teamIds: teams.get(row.accountId)?.map(({ teamId }) => teamId) ?? [],
    grants: grants.get(row.personId)?.filter(({ accountId }) => accountId === row.accountId) ?? [],
  }));
  return pageOf(
    snapshots,
    rows.map(({ personId }) => personId),
    limit,
  );
}

async function openGrants(db: Db, personIds: readonly string[]) {
  const rows = await db
    .selectFrom('grants')
    .select(['personId', 'accountId', 'kind', 'id', 'name', 'reason', 'since'])
    .where('personId', 'in', jsonTexts(db, personIds))
    .where('until', 'is', null)
    .execute();
  return Map.groupBy(
    rows.map((row) => ({ ...row, isManaged: row.reason !== 'preexisting' })),
    ({ personId }) => personId,
  );
}

async function previousEmails(db: Db, personIds: readonly string[]) {
  const rows = await db
    .selectFrom('previousEmails')
    .select(['personId', 'email'])
    .where('personId', 'in', jsonTexts(db, personIds))
    .execute();
  return Map.groupBy(rows, ({ personId }) => personId);
}

async function memberships(db: Db, accountIds: readonly string[]) {
  const rows = await db
    .selectFrom('teamMembers')
    .select(['accountId', 'teamId'])
    .where('accountId', 'in', jsonTexts(db, accountIds))
    .where('until', 'is', null)
    .execute();
  return Map.groupBy(rows, ({ accountId }) => accountId);
}

export async function keySnapshots(db: Db, after: string, limit: number): Promise<SnapshotPage<KeySnapshot>> {
  const rows = await db
    .selectFrom('nhis')
    .leftJoin('accounts', 'accounts.accountId', 'nhis.ownerAccountId')
    .select(['nhis.nhiId', 'nhis.nhi', 'nhis.goneAt', 'accounts.account', 'accounts.goneAt as ownerGoneAt'])
    .where('nhis.nhiId', '>', after)
    .orderBy('nhis.nhiId')
    .limit(limit)
    .execute();
  const snapshots = rows.map((row): KeySnapshot => {
    const owner = parseJson(row.account);
    return {
      nhi: parseJson(row.nhi),
      isGone: row.goneAt !== null,
      owner: owner && {
        email: owner.email,
        status: row.ownerGoneAt === null ? owner.status : 'gone',
        isServiceAccount: owner.isServiceAccount,
        lastLoginAt: owner.lastLoginAt,
      },
    };
  });
  return pageOf(
    snapshots,
    rows.map(({ nhiId }) => nhiId),
    limit,
  );
}
