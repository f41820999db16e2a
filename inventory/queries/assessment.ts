import { sql } from 'kysely';
import type {
  AccountPageSnapshot,
  SnapshotPage,
  KeyPageSnapshot,
  OrganizationSnapshot,
  PersonPageSnapshot,
} from '../port/findings.ts';
import { parseJson, present } from '../port/json.ts';
import { jsonTexts } from '../database/jsonRows.ts';
import { contestedSubjects } from './repairs.ts';
import type { Db } from '../database/schema.ts';
import { domainOf } from '../../domain/text.ts';

/** What findings are worked out from, page by page: an organization of any size is never in memory at once. */

function pageOf<T>(facts: readonly T[], ids: readonly string[], limit: number): SnapshotPage<T> {
  const last = ids.at(-1);
  return { facts, ...(ids.length === limit && last !== undefined ? { next: last } : {}) };
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
  const facts = rows.map((row): AccountPageSnapshot => ({
    account: parseJson(row.account),
    isGone: row.goneAt !== null,
    firstSeenAt: row.firstSeenAt,
    ...(row.personId === null || row.employment === null
      ? {}
      : { person: { personId: row.personId, employment: row.employment } }),
    ...present('finishedAt', row.finishedAt),
    ...present('formerPersonId', former.get(row.accountId)),
    ...present('leftOwnerId', leftOwners.get(row.accountId)),
    approvedRoleIds: approved.get(row.accountId) ?? [],
  }));
  return pageOf(
    facts,
    rows.map(({ accountId }) => accountId),
    limit,
  );
}

function listsBy<Row, Value>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  valueOf: (row: Row) => Value,
): ReadonlyMap<string, readonly Value[]> {
  return new Map([...Map.groupBy(rows, keyOf)].map(([key, group]) => [key, group.map(valueOf)]));
}

async function approvedRoles(db: Db, personIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (personIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('grants')
    .select(['accountId', 'entitlementId'])
    .where('personId', 'in', jsonTexts(db, personIds))
    .where('until', 'is', null)
    .where('kind', '=', 'role')
    .where('reason', 'in', ['request', 'exception'])
    .execute();
  return listsBy(
    rows,
    ({ accountId }) => accountId,
    ({ entitlementId }) => entitlementId,
  );
}

async function formerPeople(db: Db, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('grants')
    .select(['accountId', 'personId'])
    .distinct()
    .where('accountId', 'in', jsonTexts(db, accountIds))
    .execute();
  return new Map(rows.map(({ accountId, personId }) => [accountId, personId]));
}

async function ownersWhoLeft(db: Db, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (accountIds.length === 0) return new Map();
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
  const grants = await openGrants(
    db,
    employed.map(({ personId }) => personId),
  );
  const teams = await memberships(
    db,
    employed.map(({ accountId }) => accountId),
  );
  const emails = await emailsBefore(
    db,
    employed.map(({ personId }) => personId),
  );
  const facts = employed.map((row): PersonPageSnapshot => ({
    personId: row.personId,
    attributes: parseJson(row.attributes),
    previousEmails: emails.get(row.personId) ?? [],
    accountId: row.accountId,
    ...(row.account === null || row.goneAt !== null ? {} : { account: parseJson(row.account) }),
    ...present('finishedAt', row.finishedAt),
    teamIds: teams.get(row.accountId) ?? [],
    grants: grants.get(row.personId)?.filter(({ accountId }) => accountId === row.accountId) ?? [],
  }));
  return pageOf(
    facts,
    rows.map(({ personId }) => personId),
    limit,
  );
}

async function openGrants(db: Db, personIds: readonly string[]) {
  if (personIds.length === 0) return new Map<string, never>();
  const rows = await db
    .selectFrom('grants')
    .select(['personId', 'accountId', 'kind', 'entitlementId', 'name', 'reason', 'since'])
    .where('personId', 'in', jsonTexts(db, personIds))
    .where('until', 'is', null)
    .execute();
  return Map.groupBy(
    rows.map(({ entitlementId, ...row }) => ({ ...row, id: entitlementId, isManaged: row.reason !== 'preexisting' })),
    ({ personId }) => personId,
  );
}

async function emailsBefore(db: Db, personIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (personIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('previousEmails')
    .select(['personId', 'email'])
    .where('personId', 'in', jsonTexts(db, personIds))
    .execute();
  return listsBy(
    rows,
    ({ personId }) => personId,
    ({ email }) => email,
  );
}

async function memberships(db: Db, accountIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('teamMembers')
    .select(['accountId', 'teamId'])
    .where('accountId', 'in', jsonTexts(db, accountIds))
    .where('until', 'is', null)
    .execute();
  return listsBy(
    rows,
    ({ accountId }) => accountId,
    ({ teamId }) => teamId,
  );
}

export async function keySnapshots(db: Db, after: string, limit: number): Promise<SnapshotPage<KeyPageSnapshot>> {
  const rows = await db
    .selectFrom('nhis')
    .leftJoin('accounts', 'accounts.accountId', 'nhis.ownerAccountId')
    .select(['nhis.nhiId', 'nhis.nhi', 'nhis.goneAt', 'accounts.account', 'accounts.goneAt as ownerGoneAt'])
    .where('nhis.nhiId', '>', after)
    .orderBy('nhis.nhiId')
    .limit(limit)
    .execute();
  const facts = rows.map((row): KeyPageSnapshot => {
    const owner = row.account === null ? undefined : parseJson(row.account);
    return {
      nhi: parseJson(row.nhi),
      isGone: row.goneAt !== null,
      ...(owner === undefined
        ? {}
        : {
            owner: {
              email: owner.email,
              status: row.ownerGoneAt === null ? owner.status : 'gone',
              isServiceAccount: owner.isServiceAccount,
              ...present('lastLoginAt', owner.lastLoginAt),
            },
          }),
    };
  });
  return pageOf(
    facts,
    rows.map(({ nhiId }) => nhiId),
    limit,
  );
}

export async function readOrganization(
  db: Db,
  { now, overdueAfterMs }: { now: string; overdueAfterMs: number },
): Promise<OrganizationSnapshot> {
  const roles = await db.selectFrom('roles').selectAll().where('goneAt', 'is', null).orderBy('roleId').execute();
  const given = new Map((await givenRoles(db)).map(({ entitlementId, count }) => [entitlementId, Number(count)]));
  const teams = await db.selectFrom('teams').selectAll().where('goneAt', 'is', null).execute();
  const mappings = await db
    .selectFrom('nhis')
    .select('nhi')
    .where('kind', '=', 'authnMapping')
    .where('goneAt', 'is', null)
    .execute();
  const login = await db
    .selectFrom('accounts')
    .select('accountId')
    .where(sql<boolean>`account like '%"lastLoginAt":%'`)
    .limit(1)
    .executeTakeFirst();
  const { count } = await db
    .selectFrom('people')
    .innerJoin('accounts', 'accounts.accountId', 'people.accountId')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('accounts.status', '=', 'active')
    .where('accounts.goneAt', 'is', null)
    .executeTakeFirstOrThrow();
  return {
    roles: roles.map(({ roleId, name, permissions }) => ({
      id: roleId,
      name,
      permissions: parseJson(permissions),
      givenTo: given.get(roleId) ?? 0,
    })),
    teams: teams.map(({ teamId, handle, name, isManaged }) => ({
      id: teamId,
      handle,
      name,
      isManaged: isManaged === 1,
    })),
    roleMappings: mappings.map(({ nhi }) => parseJson(nhi)),
    isLoginReported: login !== undefined,
    completeDomains: await completeDomains(db),
    ...(await openProcesses(db, now, overdueAfterMs)),
    contested: await contestedSubjects(db, now),
    activeBound: Number(count),
  };
}

async function completeDomains(db: Db): Promise<ReadonlySet<string>> {
  const sources = (await db.selectFrom('completeRosters').select('source').execute()).map(({ source }) => source);
  if (sources.length === 0) return new Set();
  const rows = await db
    .selectFrom('people')
    .select('email')
    .where('personId', 'in', (where) => where.selectFrom('aliases').select('personId').where('source', 'in', sources))
    .where('employment', '!=', 'left')
    .execute();
  return new Set(rows.flatMap(({ email }) => (email === null ? [] : [domainOf(email)])));
}

function givenRoles(db: Db) {
  return db
    .selectFrom('grants')
    .select(['entitlementId', ({ fn }) => fn.countAll().as('count')])
    .where('kind', '=', 'role')
    .where('until', 'is', null)
    .where('reason', '!=', 'preexisting')
    .groupBy('entitlementId')
    .execute();
}

const waitingPage = 5_000;

/** Whose process is at work: one that only waits for a later day leaves the access as it is. */
async function openProcesses(db: Db, now: string, overdueAfterMs: number) {
  const progress = await db.selectFrom('progress').select('personId').where('phase', '!=', 'scheduled').execute();
  const busyPeople = new Set(progress.map(({ personId }) => personId));
  const overdueLeavers = new Map<string, string>();
  for (let offset = 0; ; offset += waitingPage) {
    const rows = await db
      .selectFrom('intake')
      .select(['event', 'receivedAt'])
      .where('appliedAt', 'is', null)
      .orderBy('receivedAt')
      .orderBy('eventId')
      .limit(waitingPage)
      .offset(offset)
      .execute();
    for (const { event: text, receivedAt } of rows) {
      const { kind, personId, effectiveAt, immediate } = parseJson(text);
      const dueAt = immediate === true ? receivedAt : effectiveAt;
      const lateMs = Date.parse(now) - Date.parse(dueAt);
      // A joiner is taken some days before it takes effect.
      if (kind === 'joiner' || lateMs >= 0) busyPeople.add(personId);
      if (kind === 'leaver' && lateMs >= overdueAfterMs) overdueLeavers.set(personId, dueAt);
    }
    if (rows.length < waitingPage) return { busyPeople, overdueLeavers };
  }
}
