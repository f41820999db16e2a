import type { z } from 'zod';
import { listPermissions, listRoles } from './directory.ts';
import { DatadogFailure } from './failures.ts';
import { parseBody, type Sender } from './http.ts';
import { firstPage, readPages, type PageQuery } from './paging.ts';
import { retryPage } from './retryPage.ts';
import { readRows } from './rows.ts';
import { keyRow, knownStatus, parse, toAccount, userAnswer, userSchema, type Key } from './schema.ts';
import type { DatadogReads, KeySummary } from './types.ts';

type SnapshotCalls = Pick<
  DatadogReads,
  'listAccountsPage' | 'listRoles' | 'listPermissions' | 'listOwnedKeys' | 'currentUser'
>;

type Selection = Pick<Parameters<DatadogReads['listAccountsPage']>[0], 'status' | 'order' | 'turn'>;

const statusNames = { pending: 'Pending', active: 'Active', disabled: 'Disabled' } as const;

export function createSnapshotCalls(http: Sender): SnapshotCalls {
  return {
    async listAccountsPage({ number, size, turn, ...selection }) {
      if (size === undefined) {
        const read = (page: PageQuery) => retryPage(http, () => readAccounts(http, page, selection));
        const { rows, unread = [], total, size: honored } = await firstPage(read);
        await turn?.take();
        return { accounts: rows, unread, total: total ?? 0, size: honored };
      }
      const page = { 'page[size]': size, 'page[number]': number };
      const { rows, unread, total } = await retryPage(http, () => readAccounts(http, page, { ...selection, turn }));
      return { accounts: rows, unread, total, size };
    },

    listRoles: () => listRoles(http, true),
    listPermissions: () => listPermissions(http),

    /** `GET /application_keys` (org_app_keys_read) and `GET /api_keys` (api_keys_read). */
    async listOwnedKeys(accountId, refused = new Set()) {
      const notVisible: string[] = [];
      const visible = async (permission: string, list: () => Promise<readonly Key[]>): Promise<readonly Key[]> => {
        try {
          if (!refused.has(permission)) return await list();
        } catch (error) {
          const isMissing = error instanceof DatadogFailure && error.missing?.permission === permission;
          if (!isMissing) throw error;
        }
        notVisible.push(permission);
        return [];
      };
      const [appKeys, apiKeys] = await Promise.all([
        visible('org_app_keys_read', () =>
          listKeys(http, 'application_keys', { 'filter[owned_by]': accountId }, 'org_app_keys_read'),
        ),
        visible('api_keys_read', () => listKeys(http, 'api_keys', {}, 'api_keys_read')),
      ]);
      return {
        applicationKeys: appKeys.filter((key) => key.relationships?.owned_by?.data?.id === accountId).map(summarize),
        apiKeys: apiKeys.filter((key) => key.relationships?.created_by?.data?.id === accountId).map(summarize),
        notVisible,
      };
    },

    /** `GET /current_user`: the application key's owner, with what the owner's roles permit. Needs no permission. */
    async currentUser() {
      const operation = 'get current user';
      const path = '/api/v2/current_user';
      const answer = await http.send({ method: 'GET', path, operation, permission: 'validKeys' });
      const { data, included } = parse(userAnswer, answer, operation);
      const permissions = (included ?? []).filter(({ type }) => type === 'permissions');
      return {
        account: toAccount(data),
        permissions: permissions.map(({ attributes }) => attributes?.name ?? '').toSorted(),
      };
    },
  };
}

/** Lists only: some single reads return the secret. */
async function listKeys(
  http: Sender,
  kind: 'application_keys' | 'api_keys',
  filter: Readonly<Record<string, string>>,
  permission: string,
): Promise<readonly Key[]> {
  const operation = `list ${kind.replace('_', ' ')}`;
  return readPages(async (page) => {
    const query = { ...page, ...filter };
    const answer = await http.send({ method: 'GET', path: `/api/v2/${kind}`, query, operation, permission });
    return readRows(http, keyRow, answer, operation);
  });
}

/** `GET /users`, permission user_access_read. */
async function readAccounts(http: Sender, page: PageQuery, { status, order, turn }: Selection) {
  const operation = 'list users';
  const query = {
    ...page,
    'filter[status]': status?.map((one) => statusNames[one]).join(','),
    ...(order === undefined ? {} : { sort: 'modified_at', sort_dir: 'desc' }),
  };
  const permission = 'user_access_read';
  const call = { method: 'GET', path: '/api/v2/users', query, operation, permission } as const;
  const answer = await http.sendForAnswer(call);
  await turn?.take();
  try {
    return toPage(http, parseBody(call, answer), page);
  } catch (error) {
    turn?.give();
    throw error;
  }
}

function summarize({ id, attributes }: Key): KeySummary {
  return { id, name: attributes.name ?? '', ...(attributes.last4 ? { last4: attributes.last4 } : {}) };
}

/**
 * What fits itself too: counted, and not empty in the middle. An account whose roles are missing is not read: taking an absent
 * list for an empty one would look as if they had been given back.
 */
function toPage(http: Sender, answer: unknown, page: PageQuery) {
  const list = 'list users';
  const { rows, unread, total } = readRows(http, userSchema, answer, list);
  if (total === undefined) {
    throw new DatadogFailure('UnexpectedResponse', `${list}: meta.page.total_filtered_count is missing`);
  }
  if (rows.length + unread.length === 0 && page['page[size]'] * page['page[number]'] < total) {
    throw new DatadogFailure('UnexpectedResponse', `${list}: a page of ${total} users is empty`);
  }
  const [whole, without] = [rows.filter(hasRoles), rows.filter((row) => !hasRoles(row))];
  for (const { id } of without) http.noteOdd({ list, id, why: 'relationships.roles is missing' });
  for (const { id, attributes } of whole) {
    if (knownStatus(attributes.status) === undefined) {
      http.noteOdd({
        list,
        id,
        why: `attributes.status is ${JSON.stringify(attributes.status?.slice(0, 40)) ?? 'missing'}`,
      });
    }
  }
  return { rows: whole.map(toAccount), unread: [...unread, ...without.map(({ id }) => id)], total };
}

const hasRoles = ({ relationships }: z.infer<typeof userSchema>): boolean => Boolean(relationships?.roles);
