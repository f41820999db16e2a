import { sql, type Selectable } from 'kysely';
import type { Account, AccountStatus } from '../../domain/model.ts';
import { foldCase } from '../../domain/text.ts';
import { chunksOf } from '../database/chunks.ts';
import { jsonTexts, upsertRows } from '../database/jsonRows.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { toFlag, withoutNulls } from '../database/stored.ts';
import type { AccountRow, AccountsPage, Written } from '../port/accounts.ts';
import { parseJson, type Json } from '../port/json.ts';
import { writeRoleHistory, type RoleChange } from './accountRoles.ts';
import { notePage } from './accountScans.ts';

type StoredAccount = Pick<Selectable<Schema['accounts']>, 'accountId' | 'account' | 'writtenAt' | 'goneAt'>;

/** A text of a hundred rows stays small enough to be short-lived: V8 keeps larger ones until it collects everything. */
const chunkSize = 100;

/**
 * Writes the rows that are new or differ, and notes the page's ids for the sweep. What was read before a row's last
 * write does not change it.
 */
export const writeAccounts = locked(
  'accounts',
  async (db: Db, { scanId, accounts, unreadIds = [], seenAt }: AccountsPage): Promise<Written> => {
    const byId = new Map(accounts.map((account) => [account.id, normalize(account)]));
    if (scanId !== undefined) await notePage(db, scanId, [...new Set([...byId.keys(), ...unreadIds])], seenAt);
    const stored = await storedAccounts(db, [...byId.keys()]);
    const written: { account: Account; text: Json<Account>; before: StoredAccount | undefined }[] = [];
    for (const account of byId.values()) {
      const before = stored.get(account.id);
      const text = accountJson(account);
      if (before !== undefined && (seenAt < before.writtenAt || (before.account === text && before.goneAt === null))) {
        continue;
      }
      written.push({ account, text, before });
    }
    for (const some of chunksOf(written, chunkSize)) await writeRows(db, some, seenAt);
    await writeRoleHistory(
      db,
      written.flatMap(({ account, before }) => roleChanges(account, before)),
      seenAt,
    );
    const added = written.filter(({ before }) => before === undefined || before.goneAt !== null).length;
    return { added, changed: written.length - added };
  },
);

async function storedAccounts(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, StoredAccount>> {
  const rows = await db
    .selectFrom('accounts')
    .select(['accountId', 'account', 'writtenAt', 'goneAt'])
    .where('accountId', 'in', jsonTexts(db, ids))
    .execute();
  return new Map(rows.map((row) => [row.accountId, row]));
}

const columns = {
  accountId: 'text',
  email: 'text',
  status: 'text',
  isServiceAccount: 'integer',
  search: 'text',
  account: 'text',
} as const;

function writeRows(
  db: Db,
  rows: readonly { readonly account: Account; readonly text: Json<Account> }[],
  seenAt: string,
): Promise<void> {
  return upsertRows(db, 'accounts', {
    columns,
    rows: rows.map(({ account, text }) => ({
      accountId: account.id,
      email: foldCase(account.email),
      status: account.status,
      isServiceAccount: toFlag(account.isServiceAccount),
      search: [account.email, account.handle, account.name].map(foldCase).join('\n'),
      account: text,
    })),
    constants: { firstSeenAt: seenAt, writtenAt: seenAt, lastSeenAt: seenAt },
    key: ['accountId'],
    replaced: ['email', 'status', 'isServiceAccount', 'search', 'account', 'writtenAt', 'lastSeenAt'],
    reset: 'goneAt',
  });
}

/** An account that is gone holds nothing: when it comes back, all of its access is new. */
function roleChanges(account: Account, before: StoredAccount | undefined): RoleChange[] {
  const held = before === undefined || before.goneAt !== null ? [] : parseJson(before.account).roleIds;
  return [
    ...account.roleIds
      .filter((roleId) => !held.includes(roleId))
      .map((roleId) => ({ accountId: account.id, roleId, change: 'gained' as const })),
    ...held
      .filter((roleId) => !account.roleIds.includes(roleId))
      .map((roleId) => ({ accountId: account.id, roleId, change: 'lost' as const })),
  ];
}

/** The text that `canonicalJson` returns, for a tenth of its cost: an account's fields in order. */
function accountJson(account: Account): Json<Account> {
  const { allowedLoginMethods, createdAt, email, handle, id, isServiceAccount, lastLoginAt, mfaEnabled } = account;
  const { modifiedAt, name, roleIds, status, title } = account;
  const sorted = { allowedLoginMethods, createdAt, email, handle, id, isServiceAccount, lastLoginAt, mfaEnabled };
  const rest = { modifiedAt, name, roleIds, status, title };
  return JSON.stringify({ ...sorted, ...rest } satisfies Record<keyof Account, unknown>);
}

/** Datadog lists roles in any order. */
const normalize = (account: Account): Account => ({ ...account, roleIds: [...new Set(account.roleIds)].toSorted() });

/** By e-mail. A status other than `gone` lists accounts that are there; without one, those that are gone are listed too. */
export async function listAccounts(
  db: Db,
  {
    status,
    serviceAccounts,
    search,
    limit,
    offset,
  }: { status?: string; serviceAccounts?: boolean; search?: string; limit: number; offset: number },
): Promise<readonly AccountRow[]> {
  // Limited before it is joined: PostgreSQL would join all rows first.
  let page = db.selectFrom('accounts').selectAll().orderBy('email').orderBy('accountId').limit(limit).offset(offset);
  if (status === 'gone') page = page.where('goneAt', 'is not', null);
  else if (status !== undefined) {
    page = page.where('status', '=', sql<AccountStatus>`${status}`).where('goneAt', 'is', null);
  }
  if (serviceAccounts !== undefined) page = page.where('isServiceAccount', '=', serviceAccounts ? 1 : 0);
  if (search !== undefined) {
    const pattern = `%${foldCase(search).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    page = page.where(sql<boolean>`search like ${pattern} escape ${sql.lit('\\')}`);
  }
  const rows = await db
    .selectFrom(page.as('accounts'))
    .leftJoin('people', 'people.accountId', 'accounts.accountId')
    .selectAll('accounts')
    .select('people.personId')
    .orderBy('accounts.email')
    .orderBy('accounts.accountId')
    .execute();
  return toAccountRows(db, rows);
}

export async function findAccount(db: Db, accountId: string): Promise<AccountRow | undefined> {
  const rows = await accountRows(db).where('accounts.accountId', '=', accountId).execute();
  return (await toAccountRows(db, rows))[0];
}

function accountRows(db: Db) {
  return db
    .selectFrom('accounts')
    .leftJoin('people', 'people.accountId', 'accounts.accountId')
    .selectAll('accounts')
    .select('people.personId');
}

type JoinedRow = Awaited<ReturnType<ReturnType<typeof accountRows>['execute']>>[number];

/**
 * An account that is there was seen by every scan that was swept since its row was written; so the scan's time is kept
 * once and not in each row. A role that is not known by name is shown by its id.
 */
async function toAccountRows(db: Db, rows: readonly JoinedRow[]): Promise<readonly AccountRow[]> {
  const roles = await db.selectFrom('roles').select(['id', 'name']).execute();
  const names = new Map(roles.map(({ id, name }) => [id, name]));
  const { scannedAt } = await db
    .selectFrom('scans')
    .select(({ fn }) => fn.max('lastPageAt').as('scannedAt'))
    .where('sweptAt', 'is not', null)
    .executeTakeFirstOrThrow();
  return rows.map((row) => {
    const account = parseJson(row.account);
    const isThere = row.goneAt === null;
    return {
      ...account,
      firstSeenAt: row.firstSeenAt,
      lastSeenAt: isThere && scannedAt !== null && scannedAt > row.lastSeenAt ? scannedAt : row.lastSeenAt,
      ...withoutNulls({ goneAt: row.goneAt, personId: row.personId }),
      roleNames: account.roleIds.map((id) => names.get(id) ?? id).toSorted(),
    };
  });
}
