import type { z } from 'zod';
import { listPermissions, listRoles } from './directory.ts';
import { DatadogFailure } from './failures.ts';
import { parseBody, type Sender } from './http.ts';
import { firstPage, readPages, type PageQuery } from './paging.ts';
import { retryPage } from './retryPage.ts';
import { keysAnswer, parse, toAccount, totalOf, userAnswer, usersAnswer, type Key } from './schema.ts';
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
        const { rows, total, size: honored } = await firstPage(read);
        await turn?.take();
        return { accounts: rows, total: total ?? 0, size: honored };
      }
      const page = { 'page[size]': size, 'page[number]': number };
      const { rows, total } = await retryPage(http, () => readAccounts(http, page, { ...selection, turn }));
      return { accounts: rows, total, size };
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
    const { data, meta } = parse(keysAnswer, answer, operation);
    return { rows: data, total: totalOf(meta) };
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
    return toPage(parse(usersAnswer, parseBody(call, answer), operation), page);
  } catch (error) {
    turn?.give();
    throw error;
  }
}

function summarize({ id, attributes }: Key): KeySummary {
  return { id, name: attributes.name ?? '', ...(attributes.last4 ? { last4: attributes.last4 } : {}) };
}

/** What fits itself too: counted, not empty in the middle, with the roles of everybody. */
function toPage({ data, meta }: z.infer<typeof usersAnswer>, page: PageQuery) {
  const operation = 'list users';
  const total = totalOf(meta);
  if (total === undefined) {
    throw new DatadogFailure('UnexpectedResponse', `${operation}: meta.page.total_filtered_count is missing`);
  }
  if (data.length === 0 && page['page[size]'] * page['page[number]'] < total) {
    throw new DatadogFailure('UnexpectedResponse', `${operation}: a page of ${total} users is empty`);
  }
  // Taking an absent list for an empty one would look as if the roles had been given back.
  if (!data.every(({ relationships }) => relationships?.roles)) {
    throw new DatadogFailure('UnexpectedResponse', `${operation}: data.relationships.roles is missing`);
  }
  return { rows: data.map(toAccount), total };
}
