import { describe, expect, test } from '@jest/globals';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { routes } from '../../simulator/resources/routes.ts';
import { loadOfficialDescription, type Deviation } from '../support/officialDescription.ts';
import { dataOf, idOf, type Json, type JsonObject } from '../support/recordings.ts';
import { send } from '../support/replay.ts';

/** Where the real thing leaves its own description, as recordings show, and the simulator follows the real thing. */
const realDeviations: readonly (Deviation & { readonly reason: string })[] = [
  ...['allowed_login_methods'].map((key) => ({
    at: 'users.attributes',
    what: `undescribed ${key}`,
    reason: 'on every recorded user since 2021; the description never names it',
  })),
  ...['team_count', 'user_count'].map((key) => ({
    at: 'roles.attributes',
    what: `undescribed ${key}`,
    reason: 'the answer to a creation shows the counts that only lists are described with',
  })),
  { at: 'user_invitations.attributes', what: 'undescribed login_method', reason: 'null in every recorded invitation' },
  { at: 'api_keys.relationships', what: 'undescribed leak_information', reason: 'in every recorded API key' },
  {
    at: 'application_keys.relationships',
    what: 'undescribed leak_information',
    reason: 'in every recorded application key',
  },
  { at: 'api_keys.attributes', what: 'undescribed last_used_date', reason: 'recorded since 2025' },
  { at: 'api_keys.attributes', what: 'undescribed used_in_last_24_hours', reason: 'recorded since 2025' },
  {
    at: 'authn_mappings.relationships.team.data',
    what: 'type: {"type":"object"}, is null',
    reason: 'a mapping to a role has a team of null since 2024',
  },
  {
    at: 'GET /api/v2/users: meta.page',
    what: 'undescribed max_page_size',
    reason: 'recorded since 2025: the page may be larger than described',
  },
  ...['first_number', 'last_number', 'next_number', 'prev_number', 'number', 'size'].flatMap((key) =>
    ['GET /api/v2/team', 'GET /api/v2/team/{team_id}/memberships'].map((operation) => ({
      at: `${operation}: meta.pagination`,
      what: `undescribed ${key}`,
      reason: 'recorded paging by number; the description knows offset and limit only',
    })),
  ),
  {
    at: 'POST /api/v2/team/{team_id}/memberships: errors[]',
    what: 'type: {"type":"string"}, is object',
    reason: 'team memberships are refused with error objects',
  },
  {
    at: 'POST /api/v2/team/connections: errors[]',
    what: 'type: {"type":"string"}, is object',
    reason: 'a connection that exists is refused with error objects',
  },
  {
    at: 'GET /api/v2/team/{team_id}/memberships: errors[]',
    what: 'type: {"type":"string"}, is object',
    reason: 'a deleted team is refused with error objects',
  },
  {
    at: 'GET /api/v2/roles/{role_id}: errors[]',
    what: 'type: {"type":"string"}, is object',
    reason: 'an unknown role is refused with an error object since the end of 2024',
  },
  ...['description', 'modified_at', 'url'].map((key) => ({
    at: `orgs.attributes.${key}`,
    what: 'type: {"type":"string"}, is null',
    reason: 'recorded with the current user',
  })),
  { at: 'POST /api/v2/users', what: 'status 409', reason: 'recorded since 2021 for an address that exists' },
  ...['status', 'code', 'statuspage', 'twitter', 'email'].map((key) => ({
    at: 'GET /api/v1/validate: ',
    what: `undescribed ${key}`,
    reason: 'a wrong API key is refused by the edge, which adds these',
  })),
];

describe('responses and the official description', () => {
  const description = loadOfficialDescription();
  if (description === undefined) {
    // oxlint-disable-next-line jest/expect-expect, jest/no-disabled-tests -- it only says why nothing is compared
    test.skip('are not compared: ../shared/datadog/openapi.yaml is not beside the repository', () => {});
    return;
  }
  test('every response has the described shape, but for real deviations that recordings show', async () => {
    const simulator = await startSimulator({ people: 12, nhis: 9 });
    const found = new Map<string, Set<string>>();
    const played = new Set<string>();
    const play = async (method: string, path: string, body?: Json, keys?: 'none' | 'bad'): Promise<Json> => {
      const answer = await send(simulator, method, path, body, keys);
      const operation = description.operationOf(method, path) ?? `${method} ${path}`;
      played.add(`${operation} ${answer.status}`);
      for (const { at, what } of description.check({ method, path, ...answer })) {
        found.set(`${at} | ${what}`, (found.get(`${at} | ${what}`) ?? new Set()).add(`${operation} ${answer.status}`));
      }
      return answer.body;
    };
    try {
      await playEverything(simulator, play);
    } finally {
      await simulator.close();
    }
    const excused = new Set(realDeviations.map(({ at, what }) => `${at} | ${what}`));
    const unexcused = [...found]
      .filter(([deviation]) => !excused.has(deviation))
      .map(([deviation, where]) => `${deviation}  <- ${[...where].join(', ')}`);
    expect(unexcused).toEqual([]);
    expect([...excused].filter((deviation) => !found.has(deviation))).toEqual([]);
    const successes = new Set(
      [...played].filter((answer) => Number(answer.slice(-3)) < 300).map((answer) => answer.slice(0, -4)),
    );
    const known = routes.map(
      ({ method, pattern }) => description.operationOf(method, pattern) ?? `${method} ${pattern}`,
    );
    expect(known.filter((operation) => !successes.has(operation))).toEqual([]);
  });
});

type Play = (method: string, path: string, body?: Json, keys?: 'none' | 'bad') => Promise<Json>;

const firstId = (body: Json): string => idOf(dataOf(body)[0]);
const thing = (type: string, attributes: JsonObject = {}, relationships: JsonObject = {}, id?: string): Json => ({
  data: { type, ...(id === undefined ? {} : { id }), attributes, relationships },
});
const to = (type: string, id: string): JsonObject => ({ data: { type, id } });
const unknown = '00000000-0000-4000-8000-000000000000';

async function playEverything(simulator: Simulator, play: Play): Promise<void> {
  await playProbes(play);
  const userId = await playUsers(simulator, play);
  const roleId = await playRoles(play, userId);
  await playTeams(play, userId);
  await playKeys(play);
  await playServiceAccounts(play);
  await playMappings(play, roleId);
  await playOrg(play);
}

async function playProbes(play: Play): Promise<void> {
  for (const path of ['/api/v1/validate', '/api/v2/validate', '/api/v2/validate_keys', '/api/v2/current_user'])
    await play('GET', path);
  await play('GET', '/api/v1/validate', null, 'none');
  await play('GET', '/api/v1/validate', null, 'bad');
  await play('GET', '/api/v2/users', null, 'bad');
}

const currentUser = async (play: Play): Promise<string> => firstId(await play('GET', '/api/v2/current_user'));

async function playUsers(simulator: Simulator, play: Play): Promise<string> {
  const attributes = { email: 'conform@example.com', name: 'Con Form', title: 'tester' };
  const userId = firstId(await play('POST', '/api/v2/users', thing('users', attributes)));
  await play('POST', '/api/v2/users', thing('users', attributes));
  await play('POST', '/api/v2/users', thing('users', {}));
  const invitations = { data: dataOf(thing('user_invitations', {}, { user: to('users', userId) })) };
  const invitationId = firstId(await play('POST', '/api/v2/user_invitations', invitations));
  await play('GET', `/api/v2/user_invitations/${invitationId}`);
  await play('POST', '/api/v2/user_invitations', invitations);
  simulator.accept(userId);
  for (const query of [
    '',
    '?page[size]=2&page[number]=1',
    '?filter=conform',
    '?filter[status]=Active,Disabled&page[size]=100',
  ]) {
    await play('GET', `/api/v2/users${query}`);
  }
  await play('GET', `/api/v2/users/${userId}`);
  await play('GET', `/api/v2/users/${unknown}`);
  await play('PATCH', `/api/v2/users/${userId}`, thing('users', { name: 'Con' }, {}, userId));
  await play('PATCH', `/api/v2/users/${userId}`, thing('users', { name: 'Con' }, {}, unknown));
  await play('PATCH', `/api/v2/users/${unknown}`, thing('users', { name: 'Con' }, {}, unknown));
  await play('GET', `/api/v2/users/${userId}/permissions`);
  await play('GET', `/api/v2/users/${userId}/identity_providers`);
  await play('GET', `/api/v2/users/${userId}/orgs`);
  await play('PATCH', '/api/v2/current_user', thing('users', { title: 'administrator' }, {}, await currentUser(play)));
  const other = firstId(await play('POST', '/api/v2/users', thing('users', { email: 'other@example.com' })));
  await play('DELETE', `/api/v2/users/${other}/invitations`);
  await play('DELETE', `/api/v2/users/${other}`);
  await play('DELETE', `/api/v2/users/${other}`);
  return userId;
}

async function playRoles(play: Play, userId: string): Promise<string> {
  const roleId = firstId(await play('POST', '/api/v2/roles', thing('roles', { name: 'conforming' })));
  const permissions = dataOf(await play('GET', '/api/v2/permissions'));
  const permission = to('permissions', idOf(permissions.at(-1)));
  await play('GET', '/api/v2/roles?page[size]=100');
  await play('GET', `/api/v2/roles/${roleId}`);
  await play('GET', `/api/v2/roles/${unknown}`);
  await play('PATCH', `/api/v2/roles/${roleId}`, thing('roles', { name: 'conforms' }, {}, roleId));
  await play('PATCH', `/api/v2/roles/${roleId}`, thing('roles', { name: 'conforms' }, {}, unknown));
  await play('POST', `/api/v2/roles/${roleId}/clone`, thing('roles', { name: 'cloned' }));
  await play('POST', `/api/v2/roles/${roleId}/clone`, thing('roles', { name: 'cloned' }));
  await play('POST', `/api/v2/roles/${roleId}/permissions`, permission);
  await play('GET', `/api/v2/roles/${roleId}/permissions`);
  await play('DELETE', `/api/v2/roles/${roleId}/permissions`, permission);
  await play('POST', `/api/v2/roles/${roleId}/users`, to('users', userId));
  await play('GET', `/api/v2/roles/${roleId}/users`);
  await play('GET', '/api/v2/users?filter=conform');
  await play('DELETE', `/api/v2/roles/${roleId}/users`, to('users', userId));
  const removed = firstId(await play('POST', '/api/v2/roles', thing('roles', { name: 'removed' })));
  await play('DELETE', `/api/v2/roles/${removed}`);
  await play('DELETE', `/api/v2/roles/${removed}`);
  return roleId;
}

async function playTeams(play: Play, userId: string): Promise<void> {
  const teamId = firstId(
    await play('POST', '/api/v2/team', thing('team', { name: 'Conforming', handle: 'conforming' })),
  );
  await play('POST', '/api/v2/team', thing('team', { name: 'Conforming', handle: 'conforming' }));
  for (const path of [
    '/api/v2/team',
    '/api/v2/team?page[size]=1&page[number]=0',
    `/api/v2/team/${teamId}`,
    '/api/v2/team/no-uuid',
  ]) {
    await play('GET', path);
  }
  await play('PATCH', `/api/v2/team/${teamId}`, thing('team', { name: 'Conforms', handle: 'conforming' }));
  const membership = thing('team_memberships', { role: 'admin' }, { user: to('users', userId) });
  await play('POST', `/api/v2/team/${teamId}/memberships`, membership);
  await play('POST', `/api/v2/team/${teamId}/memberships`, membership);
  await play('GET', `/api/v2/team/${teamId}/memberships`);
  await play('GET', `/api/v2/team/${teamId}/memberships?page[size]=1&page[number]=0`);
  await play('GET', `/api/v2/users/${userId}/memberships`);
  await play('PATCH', `/api/v2/team/${teamId}/memberships/${userId}`, thing('team_memberships', { role: null }));
  await play('PATCH', `/api/v2/team/${teamId}/memberships/${userId}`, thing('team_memberships', { role: 'member' }));
  await play('GET', `/api/v2/team/${teamId}/permission-settings`);
  await play(
    'PUT',
    `/api/v2/team/${teamId}/permission-settings/edit`,
    thing('team_permission_settings', { value: 'admins' }),
  );
  await play('DELETE', `/api/v2/team/${teamId}/memberships/${userId}`);
  await play('DELETE', `/api/v2/team/${teamId}/memberships/${userId}`);
  const connection = {
    type: 'team_connection',
    attributes: { source: 'github', managed_by: 'datadog' },
    relationships: { team: to('team', teamId), connected_team: to('github_team', '@example/team') },
  };
  const connectionId = firstId(await play('POST', '/api/v2/team/connections', { data: [connection] }));
  await play('POST', '/api/v2/team/connections', { data: [connection] });
  await play('GET', '/api/v2/team/connections');
  await play('DELETE', '/api/v2/team/connections', { data: [{ type: 'team_connection', id: connectionId }] });
  await play('POST', '/api/v2/team/sync', thing('team_sync_bulk', { source: 'github', type: 'link' }));
  await play('GET', '/api/v2/team/sync?filter[source]=github');
  await play('DELETE', `/api/v2/team/${teamId}`);
  await play('GET', `/api/v2/team/${teamId}/memberships`);
}

async function playKeys(play: Play): Promise<void> {
  for (const [path, type] of [
    ['/api/v2/api_keys', 'api_keys'],
    ['/api/v2/current_user/application_keys', 'application_keys'],
  ] as const) {
    const id = firstId(await play('POST', path, thing(type, { name: 'conforming' })));
    await play('GET', path);
    await play('GET', `${path}/${id}`);
    await play('PATCH', `${path}/${id}`, thing(type, { name: 'conforms' }, {}, id));
    await play('DELETE', `${path}/${id}`);
    await play('DELETE', `${path}/${id}`);
  }
  await play('GET', '/api/v2/api_keys?include=created_by,modified_by');
  const keyId = firstId(await play('GET', '/api/v2/application_keys?page[size]=2&include=owned_by'));
  await play('GET', `/api/v2/application_keys/${keyId}`);
  const other = await play(
    'POST',
    '/api/v2/current_user/application_keys',
    thing('application_keys', { name: 'other' }),
  );
  await play(
    'PATCH',
    `/api/v2/application_keys/${firstId(other)}`,
    thing('application_keys', { name: 'others' }, {}, firstId(other)),
  );
  await play('DELETE', `/api/v2/application_keys/${firstId(other)}`);
  const expiresAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const token = thing('personal_access_tokens', {
    name: 'conforming',
    scopes: ['dashboards_read'],
    expires_at: expiresAt,
  });
  const id = firstId(await play('POST', '/api/v2/personal_access_tokens', token));
  await play('GET', '/api/v2/personal_access_tokens');
  await play('GET', `/api/v2/personal_access_tokens/${id}`);
  await play(
    'PATCH',
    `/api/v2/personal_access_tokens/${id}`,
    thing('personal_access_tokens', { name: 'conforms' }, {}, id),
  );
  await play('DELETE', `/api/v2/personal_access_tokens/${id}`);
}

async function playServiceAccounts(play: Play): Promise<void> {
  const attributes = { email: 'robot@example.com', name: 'robot', service_account: true };
  const path = `/api/v2/service_accounts/${firstId(await play('POST', '/api/v2/service_accounts', thing('users', attributes)))}`;
  const kinds: readonly { path: string; type: string; attributes: JsonObject }[] = [
    { path: `${path}/application_keys`, type: 'application_keys', attributes: { name: 'conforming' } },
    {
      path: `${path}/access_tokens`,
      type: 'service_access_tokens',
      attributes: { name: 'conforming', scopes: ['dashboards_read'] },
    },
  ];
  for (const { path, type, attributes } of kinds) {
    const id = firstId(await play('POST', path, thing(type, attributes)));
    await play('GET', path);
    await play('GET', `${path}/${id}`);
    await play('PATCH', `${path}/${id}`, thing(type, { name: 'conforms' }, {}, id));
    await play('DELETE', `${path}/${id}`);
    await play('DELETE', `${path}/${id}`);
  }
}

async function playMappings(play: Play, roleId: string): Promise<void> {
  const attributes = { attribute_key: 'department', attribute_value: 'Engineering' };
  const id = firstId(
    await play('POST', '/api/v2/authn_mappings', thing('authn_mappings', attributes, { role: to('roles', roleId) })),
  );
  await play('GET', '/api/v2/authn_mappings');
  await play('GET', '/api/v2/authn_mappings?resource_type=role');
  await play('GET', `/api/v2/authn_mappings/${id}`);
  await play('PATCH', `/api/v2/authn_mappings/${id}`, thing('authn_mappings', { attribute_value: 'Sales' }, {}, id));
  await play('DELETE', `/api/v2/authn_mappings/${id}`);
  await play('DELETE', `/api/v2/authn_mappings/${id}`);
}

async function playOrg(play: Play): Promise<void> {
  for (const path of [
    'org',
    'org_configs',
    'org_configs/monitor_timezone',
    'org_configs/unknown',
    'ip_allowlist',
    'org_connections',
    'cloud_auth/aws/persona_mapping',
    'cloud_auth/github/persona_mapping',
    'audit/events?page[limit]=2',
  ]) {
    await play('GET', `/api/v2/${path}`);
  }
  await play('POST', '/api/v2/audit/events/search', { page: { limit: 2 } });
  await play('PATCH', '/api/v2/org_configs/monitor_timezone', thing('org_configs', { value: 'Europe/Paris' }));
  await play('PATCH', '/api/v2/ip_allowlist', thing('ip_allowlist', { enabled: false, entries: [] }));
  const providerId = firstId(await play('GET', '/api/v2/identity_providers'));
  const provider = thing('identity_providers', { enabled: true }, {}, providerId);
  await play('PATCH', `/api/v2/identity_providers/${providerId}`, provider);
  const clients = dataOf(await play('GET', '/api/v2/org_authorized_clients'));
  const path = `/api/v2/org_authorized_clients/${idOf(clients[0])}`;
  await play('GET', path);
  await play('GET', `${path}/user_authorized_clients`);
  await play('PATCH', path, thing('org_authorized_clients', { disabled: true }, {}, idOf(clients[0])));
  await play('DELETE', `${path}/user/${await currentUser(play)}`);
  await play('DELETE', path);
}
