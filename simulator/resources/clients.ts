import { readBoolean, readResource } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { AuthorizedClient } from '../model.ts';
import { containsText, pageOf, sortItems } from '../paging.ts';
import { namedUuid } from '../random.ts';
import { reference, timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

/** An authorization has no record of its own here: its id follows from client and user. */
const authorizationId = (client: AuthorizedClient, userId: string): string => namedUuid(`${client.id} ${userId}`);

function renderClient(client: AuthorizedClient): Json {
  const authorizations = client.userIds.map((userId) =>
    reference('user_authorized_clients', authorizationId(client, userId)),
  );
  const related = `/api/v2/org_authorized_clients/${client.id}/user_authorized_clients`;
  return {
    type: 'org_authorized_clients',
    id: client.id,
    attributes: {
      disabled: client.disabled,
      last_exercised: client.lastExercised === null ? null : timestamp(client.lastExercised),
      user_count: client.userIds.length,
    },
    relationships: {
      oauth2_client: { data: reference('oauth2_clients', namedUuid(`oauth client ${client.name}`)) },
      user_authorized_clients: { data: authorizations, links: { related } },
    },
  };
}

function includedClients(call: Call, clients: readonly AuthorizedClient[]): { included?: Json[] } {
  if (call.query.get('include')?.includes('oauth2_client') !== true) return {};
  return {
    included: clients.map(({ name }) => ({
      ...reference('oauth2_clients', namedUuid(`oauth client ${name}`)),
      attributes: { name },
    })),
  };
}

function findClient(call: Call): AuthorizedClient {
  const id = call.params['org_authorized_client_id'] ?? '';
  const client = call.state.authorizedClients.get(id);
  if (client === undefined) throw textError(404, `${id} not found`);
  return client;
}

function listClients(call: Call): Reply {
  const { state, query } = call;
  const disabled = query.get('filter[disabled]');
  const filter = query.get('filter') ?? query.get('filter[oauth2_client][name]');
  const selected = [...state.authorizedClients.values()].filter(
    (client) => containsText(filter, client.name) && (disabled === null || String(client.disabled) === disabled),
  );
  const { items } = pageOf(
    query,
    sortItems(query, selected, { name: (client: AuthorizedClient) => client.name }, 'name'),
  );
  return {
    status: 200,
    body: {
      data: items.map(renderClient),
      ...includedClients(call, items),
      meta: { page: { total_count: state.authorizedClients.size, total_filtered_count: selected.length } },
    },
  };
}

function listAuthorizations(call: Call): Reply {
  const client = findClient(call);
  const { items } = pageOf(call.query, client.userIds);
  const at = timestamp(client.createdAt);
  const data = items.map((userId) => ({
    type: 'user_authorized_clients',
    id: authorizationId(client, userId),
    attributes: {
      created_at: at,
      modified_at: at,
      disabled: false,
      org_disabled: client.disabled,
      last_exercised: client.lastExercised === null ? null : timestamp(client.lastExercised),
    },
    relationships: {
      oauth2_client: { data: reference('oauth2_clients', namedUuid(`oauth client ${client.name}`)) },
      scopes: { data: [] },
      user: { data: reference('users', userId) },
    },
  }));
  const total = client.userIds.length;
  return { status: 200, body: { data, meta: { page: { total_count: total, total_filtered_count: total } } } };
}

function updateClient(call: Call): Reply {
  const client = findClient(call);
  client.disabled =
    readBoolean(readResource(call.body, 'org_authorized_clients').attributes, 'disabled') ?? client.disabled;
  return { status: 200, body: { data: renderClient(client) } };
}

function deleteClient(call: Call): Reply {
  call.state.authorizedClients.delete(findClient(call).id);
  return { status: 204 };
}

/** Revokes every authorization that one user granted this client. */
function deleteUserAuthorizations(call: Call): Reply {
  const client = findClient(call);
  const index = client.userIds.indexOf(call.params['user_id'] ?? '');
  if (index < 0) throw textError(404, `${call.params['user_id'] ?? ''} not found`);
  client.userIds.splice(index, 1);
  return { status: 204 };
}

const list = '/api/v2/org_authorized_clients';
const one = `${list}/{org_authorized_client_id}`;
const read = anyOf('org_authorized_apps_read');
const write = anyOf('org_authorized_apps_write');

export const clientRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: list,
    permission: anyOf('org_authorized_apps_read', 'manage_integrations'),
    handler: listClients,
  },
  {
    method: 'GET',
    pattern: one,
    permission: read,
    handler: (call) => ({
      status: 200,
      body: { data: renderClient(findClient(call)), ...includedClients(call, [findClient(call)]) },
    }),
  },
  { method: 'GET', pattern: `${one}/user_authorized_clients`, permission: read, handler: listAuthorizations },
  { method: 'PATCH', pattern: one, permission: write, handler: updateClient },
  { method: 'DELETE', pattern: one, permission: write, handler: deleteClient },
  { method: 'DELETE', pattern: `${one}/user/{user_id}`, permission: write, handler: deleteUserAuthorizations },
];
