import { sql } from 'kysely';
import { domainOf } from '../../domain/text.ts';
import type { Db } from '../database/schema.ts';
import { parseJson } from '../port/json.ts';
import type { OrganizationSnapshot } from '../port/snapshots.ts';
import { leavingPeople } from './leaves.ts';
import { contestedSubjects } from './repairs.ts';

export async function readOrganization(db: Db, now: string): Promise<OrganizationSnapshot> {
  const roles = await db.selectFrom('roles').selectAll().where('goneAt', 'is', null).orderBy('id').execute();
  const givenTo = await givenRoles(db);
  const teams = await db
    .selectFrom('teams')
    .select(['id', 'handle', 'name', 'isManaged'])
    .where('goneAt', 'is', null)
    .execute();
  const mappings = await db
    .selectFrom('nhis')
    .select('nhi')
    .where('kind', '=', 'authnMapping')
    .where('goneAt', 'is', null)
    .execute();
  return {
    roles: roles.map(({ id, name, permissions }) => ({
      id,
      name,
      permissions: parseJson(permissions),
      givenTo: givenTo.get(id) ?? 0,
    })),
    teams: teams.map((team) => ({ ...team, isManaged: team.isManaged === 1 })),
    roleMappings: mappings.map(({ nhi }) => parseJson(nhi)),
    isLoginReported: await isLoginReported(db),
    completeDomains: await completeDomains(db),
    busyPeople: await busyPeople(db, now),
    leaving: await leavingPeople(db),
    contested: await contestedSubjects(db, now),
    activeBound: await countActiveBound(db),
  };
}

async function givenRoles(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('grants')
    .select(['id', ({ fn }) => fn.countAll().as('count')])
    .where('kind', '=', 'role')
    .where('until', 'is', null)
    .where('reason', '!=', 'preexisting')
    .groupBy('id')
    .execute();
  return new Map(rows.map(({ id, count }) => [id, Number(count)]));
}

async function isLoginReported(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('accounts')
    .select('accountId')
    .where(sql<boolean>`account like '%"lastLoginAt":%'`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function countActiveBound(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('people')
    .innerJoin('accounts', 'accounts.accountId', 'people.accountId')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('accounts.status', '=', 'active')
    .where('accounts.goneAt', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function completeDomains(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('people')
    .select('email')
    .where('personId', 'in', (where) =>
      where
        .selectFrom('aliases')
        .innerJoin('completeRosters', 'completeRosters.source', 'aliases.source')
        .select('aliases.personId'),
    )
    .where('employment', '!=', 'left')
    .execute();
  return new Set(rows.flatMap(({ email }) => (email === null ? [] : [domainOf(email)])));
}

const waitingPage = 5_000;

/** Whose process is at work: one that only waits for a later day leaves the access as it is. */
async function busyPeople(db: Db, now: string): Promise<ReadonlySet<string>> {
  const progress = await db.selectFrom('progress').select('personId').where('phase', '!=', 'scheduled').execute();
  const busy = new Set(progress.map(({ personId }) => personId));
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
      if (kind === 'joiner' || lateMs >= 0) busy.add(personId);
    }
    if (rows.length < waitingPage) return busy;
  }
}
