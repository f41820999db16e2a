import type { Nhi } from '../domain/sync/kinds.ts';
import { isNotFound } from './accounts.ts';
import { listTeams } from './directory.ts';
import type { Sender } from './http.ts';
import { clientRow, credentialRow, mappingRow, toClient, toCredential, toMapping } from './nhiSchema.ts';
import { readWhole, type Page, type PageQuery } from './paging.ts';
import { pathId } from './pathId.ts';
import { readRows } from './rows.ts';
import { memberRow } from './schema.ts';
import type { Datadog, ListedNhiKind, OwnedNhiKind } from './types.ts';

type NhiCalls = Pick<Datadog, 'listTeams' | 'listTeamMembers' | 'listNhis' | 'listOwnedNhis'>;

interface List {
  readonly path: string;
  readonly permission: string;
  readonly operation: string;
}

const credentialLists = {
  apiKey: { path: '/api/v2/api_keys', permission: 'api_keys_read', operation: 'list API keys' },
  applicationKey: {
    path: '/api/v2/application_keys',
    permission: 'org_app_keys_read',
    operation: 'list application keys',
  },
  personalAccessToken: {
    path: '/api/v2/personal_access_tokens',
    permission: 'org_app_keys_read',
    operation: 'list personal access tokens',
  },
} as const satisfies Record<string, List>;

const ownedLists = {
  serviceAccountKey: { folder: 'application_keys', operation: "list a service account's application keys" },
  serviceAccountToken: { folder: 'access_tokens', operation: "list a service account's access tokens" },
} as const satisfies Record<OwnedNhiKind, { folder: string; operation: string }>;

/** Teams and non-human identities. Lists only: some single reads return the secret. */
export function createNhiCalls(http: Sender): NhiCalls {
  const readCredentials = (kind: ListedNhiKind | OwnedNhiKind, list: List): Promise<readonly Nhi[]> =>
    readWhole(http, list.operation, async (page) => {
      const read = readRows(http, credentialRow, await get(http, list, { ...page }), list.operation);
      return { ...read, rows: read.rows.map((one) => toCredential(kind, one)) };
    });

  return {
    listTeams: () => listTeams(http, true),

    /** `GET /team/{id}/memberships`, permission teams_read. */
    async listTeamMembers(teamId) {
      const operation = `list members of team ${teamId}`;
      const path = `/api/v2/team/${pathId(teamId)}/memberships`;
      try {
        let isWhole = true;
        const members = await readWhole(http, operation, async (page) => {
          const answer = await get(http, { path, operation, permission: 'teams_read' }, { ...page });
          const read = readRows(http, memberRow, answer, operation);
          const rows = read.rows.map(({ attributes, relationships }) => ({
            id: relationships.user.data.id,
            isAdmin: attributes?.role === 'admin',
          }));
          isWhole &&= read.unread.length === 0;
          return { ...read, rows };
        });
        return { isWhole, members: members.map(({ id, isAdmin }) => ({ accountId: id, isAdmin })) };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async listNhis(kind) {
      if (kind === 'oauthClient')
        return readWhole(http, 'list authorized OAuth clients', (page) => readClients(http, page));
      if (kind === 'authnMapping')
        return [...(await readMappings(http, 'role')), ...(await readMappings(http, 'team'))];
      return readCredentials(kind, credentialLists[kind]);
    },

    /** `GET /service_accounts/{id}/application_keys` and `…/access_tokens`; both need service_account_write. */
    async listOwnedNhis(accountId, kind) {
      const { folder, operation } = ownedLists[kind];
      const path = `/api/v2/service_accounts/${pathId(accountId)}/${folder}`;
      try {
        const rows = await readCredentials(kind, { path, operation, permission: 'service_account_write' });
        return rows.map((row) => ({ ...row, ownerAccountId: accountId }));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}

const get = (
  http: Sender,
  { path, operation, permission }: List,
  query: Readonly<Record<string, string | number>>,
): Promise<unknown> => http.send({ method: 'GET', path, query, operation, permission });

/** `GET /org_authorized_clients`, permission org_authorized_apps_read. */
async function readClients(http: Sender, page: PageQuery): Promise<Page<Nhi>> {
  const operation = 'list authorized OAuth clients';
  const list = { path: '/api/v2/org_authorized_clients', permission: 'org_authorized_apps_read', operation };
  const answer = await get(http, list, { ...page, include: 'oauth2_client' });
  const read = readRows(http, clientRow, answer, operation);
  return { ...read, rows: read.rows.map((client) => toClient(client, read.names)) };
}

/** `GET /authn_mappings`, permission user_access_read. Without a type only those of roles are listed. */
function readMappings(http: Sender, type: 'role' | 'team'): Promise<readonly Nhi[]> {
  const operation = `list authentication mappings of ${type}s`;
  return readWhole(http, operation, async (page) => {
    const list = { path: '/api/v2/authn_mappings', permission: 'user_access_read', operation };
    const answer = await get(http, list, { ...page, resource_type: type });
    const read = readRows(http, mappingRow, answer, operation);
    return { ...read, rows: read.rows.map(toMapping) };
  });
}
