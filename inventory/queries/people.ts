import { sql, type Selectable } from 'kysely';
import type { Employment, PersonRecord, Phase } from '../../domain/model.ts';
import { foldCase } from '../../domain/text.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { parseJson } from '../port/json.ts';
import type { PersonRow, Progress, Trouble } from '../port/people.ts';

type PeopleRow = Selectable<Schema['people']>;

export async function ensurePerson(db: Db, personId: string): Promise<void> {
  await db
    .insertInto('people')
    .values({ personId, employment: 'unknown', lines: '{}' })
    .onConflict((conflict) => conflict.column('personId').doNothing())
    .execute();
}

/** What is read of the person from now on stays so until the transaction ends. */
export const holdPerson = locked(personLock, async (_db: Db, _personId: string): Promise<void> => undefined);

export async function findPerson(db: Db, personId: string): Promise<PersonRecord | undefined> {
  const rows = await db.selectFrom('people').selectAll().where('personId', '=', personId).execute();
  return (await toRecords(db, rows))[0];
}

/** People whose current or previous e-mail is this one (case-folded). */
export async function findPeopleByEmail(db: Db, email: string): Promise<readonly PersonRecord[]> {
  const folded = foldCase(email);
  const rows = await db
    .selectFrom('people')
    .selectAll()
    .where((where) =>
      where.or([
        where('email', '=', folded),
        where('personId', 'in', where.selectFrom('previousEmails').select('personId').where('email', '=', folded)),
      ]),
    )
    .orderBy('personId')
    .execute();
  return toRecords(db, rows);
}

export async function personBoundTo(db: Db, accountId: string): Promise<string | undefined> {
  const row = await db.selectFrom('people').select('personId').where('accountId', '=', accountId).executeTakeFirst();
  return row?.personId;
}

/**
 * Binds an account to a person, in place of one that is no longer there. An account belongs to one person only: `conflict`
 * names the person it is bound to already, and nothing is changed then.
 */
export const bindAccount = locked(
  (_personId, accountId) => `account/${accountId}`,
  async (db: Db, personId: string, accountId: string, at: string): Promise<{ conflict?: string }> => {
    const holder = await personBoundTo(db, accountId);
    if (holder === personId) return {};
    if (holder !== undefined) return { conflict: holder };
    await ensurePerson(db, personId);
    await db.updateTable('people').set({ accountId, boundAt: at }).where('personId', '=', personId).execute();
    return {};
  },
);

/** Binds it by an operator's decision: the account's e-mail counts as one of the person's from now on. */
export const linkAccount = locked(
  (_personId, { id }) => `account/${id}`,
  async (
    db: Db,
    personId: string,
    account: { readonly id: string; readonly email: string },
    at: string,
  ): Promise<{ conflict?: string }> => {
    const bound = await bindAccount(db, personId, account.id, at);
    if (bound.conflict !== undefined) return bound;
    await db
      .insertInto('previousEmails')
      .values({ personId, email: foldCase(account.email), since: at })
      .onConflict((conflict) => conflict.columns(['personId', 'email']).doNothing())
      .execute();
    return {};
  },
);

export const unlinkAccount = locked(personLock, async (db: Db, personId: string): Promise<void> => {
  await db.updateTable('people').set({ accountId: null, boundAt: null }).where('personId', '=', personId).execute();
});

/**
 * Where a process stands now, for lists: phase, what it waits for, until when. What arrives late (older than what is on
 * record, or than the end of the process) changes nothing.
 */
export const recordProgress = locked(personLock, async (db: Db, progress: Progress): Promise<void> => {
  const { personId, process, phase, waitingFor = null, until = null, at } = progress;
  await ensurePerson(db, personId);
  if (await isFinishedSince(db, personId, at)) return;
  const row = { process, phase, waitingFor, until, lastError: null, at };
  await db
    .insertInto('progress')
    .values({ personId, ...row })
    .onConflict((conflict) =>
      conflict
        .column('personId')
        .doUpdateSet(row)
        .where((where) => where('progress.at', '<=', at)),
    )
    .execute();
});

async function isFinishedSince(db: Db, personId: string, at: string): Promise<boolean> {
  const { finishedAt } = await db
    .selectFrom('people')
    .select('finishedAt')
    .where('personId', '=', personId)
    .executeTakeFirstOrThrow();
  return finishedAt !== null && at < finishedAt;
}

/** The last error of what is being retried, and with it the phase that is. */
export const recordTrouble = locked(personLock, async (db: Db, trouble: Trouble): Promise<void> => {
  const { personId, process, phase, lastError, at } = trouble;
  await ensurePerson(db, personId);
  if (await isFinishedSince(db, personId, at)) return;
  const known = await db.selectFrom('progress').select('phase').where('personId', '=', personId).executeTakeFirst();
  // Beside what is retried another part may be blocked, or wait for approval.
  const isOver = phase !== undefined && passing.includes(known?.phase ?? 'preparing');
  const now = isOver ? { phase, waitingFor: null, until: null } : {};
  await db
    .insertInto('progress')
    .values({ personId, process, phase: phase ?? 'preparing', lastError, at })
    .onConflict((conflict) => conflict.column('personId').doUpdateSet({ process, lastError, ...now }))
    .execute();
});

/** Phases in which nothing else goes on. */
const passing: readonly Phase[] = ['preparing', 'waitingForAcceptance', 'scheduled'];

/** Nothing is being retried any more. */
export const clearTrouble = locked(personLock, async (db: Db, personId: string): Promise<void> => {
  const troubled = db.updateTable('progress').where('personId', '=', personId).where('lastError', 'is not', null);
  await troubled.set({ lastError: null }).execute();
});

export async function listPeople(
  db: Db,
  { employment, limit, offset }: { employment?: string; limit: number; offset: number },
): Promise<readonly PersonRow[]> {
  let query = personRows(db).orderBy('people.personId').limit(limit).offset(offset);
  if (employment !== undefined) query = query.where('people.employment', '=', sql<Employment>`${employment}`);
  return toPersonRows(db, await query.execute());
}

export async function findPersonRow(db: Db, personId: string): Promise<PersonRow | undefined> {
  const rows = await personRows(db).where('people.personId', '=', personId).execute();
  return (await toPersonRows(db, rows))[0];
}

function personRows(db: Db) {
  return db
    .selectFrom('people')
    .leftJoin('progress', 'progress.personId', 'people.personId')
    .leftJoin('accounts', 'accounts.accountId', 'people.accountId')
    .selectAll('people')
    .select(['progress.process', 'progress.phase', 'progress.waitingFor', 'progress.until', 'progress.lastError'])
    .select(
      sql<string | null>`case when accounts.gone_at is null then accounts.status else 'gone' end`.as('accountStatus'),
    );
}

type JoinedRow = Awaited<ReturnType<ReturnType<typeof personRows>['execute']>>[number];

async function toPersonRows(db: Db, rows: readonly JoinedRow[]): Promise<readonly PersonRow[]> {
  const records = await toRecords(db, rows);
  return rows.map(({ process, phase, waitingFor, until, lastError, accountStatus }, index) => ({
    ...(records[index] as PersonRecord),
    ...withoutNulls({ process, phase, waitingFor, until, lastError, accountStatus }),
  }));
}

/** In the order of the rows. */
async function toRecords(db: Db, rows: readonly PeopleRow[]): Promise<PersonRecord[]> {
  if (rows.length === 0) return [];
  const previous = await db
    .selectFrom('previousEmails')
    .select(['personId', 'email'])
    .where(
      'personId',
      'in',
      rows.map(({ personId }) => personId),
    )
    .orderBy('since')
    .orderBy('email')
    .execute();
  const byPerson = Map.groupBy(previous, ({ personId }) => personId);
  return rows.map((row) => ({
    personId: row.personId,
    attributes: parseJson(row.attributes),
    previousEmails: (byPerson.get(row.personId) ?? []).map(({ email }) => email),
    employment: row.employment,
    accountId: row.accountId ?? undefined,
    replacedBy: row.replacedBy ?? undefined,
    lines: parseJson(row.lines),
  }));
}
