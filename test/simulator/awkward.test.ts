import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { startSimulator } from '../../simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../simulator/index.ts';
import { officialClient, refusal } from '../support/officialClient.ts';
import type { OfficialClient } from '../support/officialClient.ts';

let simulator: Simulator;
let official: OfficialClient;

beforeEach(() => begin({}));
afterEach(() => simulator.close());

async function begin(options: SimulatorOptions): Promise<void> {
  simulator = await startSimulator(options);
  official = officialClient(simulator);
}

/** What the control endpoint answers. */
async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(`${simulator.url}/control/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into responses freely
  return { status: response.status, body: (await response.json()) as any };
}

function get(path: string): Promise<Response> {
  const headers = { 'DD-API-KEY': simulator.apiKey, 'DD-APPLICATION-KEY': simulator.appKey };
  return fetch(`${simulator.url}/api/v2/${path}`, { headers });
}

async function addUser(email: string, more: object = {}): Promise<string> {
  const { status, body } = await control('POST', 'users', { email, ...more });
  expect(status).toBe(200);
  return body.id;
}

async function createUser(email: string, roleIds: readonly string[] = []): Promise<string> {
  const roles = { data: roleIds.map((id) => ({ id, type: 'roles' as const })) };
  const { data } = await official.users.createUser({
    body: { data: { type: 'users', attributes: { email }, relationships: { roles } } },
  });
  return data?.id ?? '';
}

async function invite(id: string): Promise<void> {
  const user = { data: { id, type: 'users' as const } };
  await official.users.sendInvitations({ body: { data: [{ type: 'user_invitations', relationships: { user } }] } });
}

async function roleId(name: string): Promise<string> {
  const { data = [] } = await official.roles.listRoles({ pageSize: 100 });
  return data.find(({ attributes }) => attributes?.name === name)?.id ?? '';
}

async function teamId(handle: string): Promise<string> {
  const { data = [] } = await official.teams.listTeams({ pageSize: 100 });
  return data.find(({ attributes }) => attributes.handle === handle)?.id ?? '';
}

const admin = (): string => simulator.users()[0]?.id ?? '';

test('a bucket limits its own endpoint alone, under its own name', async () => {
  const requests = ['GET /api/v2/users/{user_id}'];
  await control('POST', 'buckets', { name: 'one_user', requests, limit: 1, periodMs: 3_600_000 });
  const [first, second] = [await get(`users/${admin()}`), await get(`users/${admin()}`)];
  expect([first.status, second.status]).toEqual([200, 429]);
  expect(Object.fromEntries(second.headers)).toMatchObject({
    'x-ratelimit-name': 'one_user',
    'x-ratelimit-limit': '1',
    'x-ratelimit-period': '3600',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': expect.stringMatching(/^\d{1,4}$/),
  });
  expect(await second.json()).toEqual({ errors: [expect.stringContaining('1 requests in 3600 seconds')] });
  const list = await get('users');
  expect([list.status, list.headers.get('x-ratelimit-name')]).toEqual([200, null]);
  expect((await control('GET', 'buckets')).body.buckets).toMatchObject([{ name: 'one_user', refused: 1 }]);
  await control('DELETE', 'buckets');
  expect((await get(`users/${admin()}`)).status).toBe(200);
});

test('requests that share a bucket count together', async () => {
  const requests = ['GET /api/v2/users', 'GET /api/v2/roles'];
  await control('POST', 'buckets', { requests, limit: 1, periodMs: 3_600_000 });
  expect([(await get('users')).status, (await get('roles')).status]).toEqual([200, 429]);
});

test('a bucket may tell its reset as Unix time, and refuse with a page of HTML', async () => {
  const requests = ['GET /api/v2/users'];
  await control('POST', 'buckets', { requests, limit: 0, periodMs: 3_600_000, reset: 'epoch', body: 'html' });
  const refused = await get('users');
  expect([refused.status, refused.headers.get('content-type')]).toEqual([429, 'text/html']);
  const reset = Number(refused.headers.get('x-ratelimit-reset')) - Date.now() / 1000;
  expect(reset).toBeGreaterThan(-5);
  expect(reset).toBeLessThanOrEqual(3_601);
});

test('a bucket may say nothing of itself', async () => {
  await control('POST', 'buckets', { requests: ['GET /api/v2/users'], limit: 0, periodMs: 60_000, reset: 'none' });
  const refused = await get('users');
  expect(refused.status).toBe(429);
  expect([...refused.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
});

test('the window of a bucket ends by itself', async () => {
  await control('POST', 'buckets', { requests: ['GET /api/v2/users'], limit: 1, periodMs: 40 });
  const statuses: number[] = [];
  while (statuses.length < 3 || statuses.at(-1) === 429) statuses.push((await get('users')).status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
});

test('a search lags behind reads by id until it is told not to', async () => {
  await control('POST', 'search-lag', { ms: 3_600_000 });
  const id = await createUser('new@example.com');
  expect(await official.listAllUsers({ text: 'new@' })).toEqual([]);
  expect((await official.users.getUser({ userId: id })).data?.attributes?.status).toBe('Pending');
  expect((await official.listAllUsers()).map((user) => user.id)).toContain(id);
  await control('POST', 'search-lag', { ms: 0 });
  expect(await official.listAllUsers({ text: 'new@' })).toHaveLength(1);
});

test('a search by status shows the status that a user had when the index was made', async () => {
  const id = await createUser('new@example.com');
  await control('POST', 'search-lag', { ms: 3_600_000 });
  await official.users.disableUser({ userId: id });
  expect((await official.listAllUsers({ status: 'Pending' })).map((user) => user.id)).toEqual([id]);
  expect(await official.listAllUsers({ status: 'Disabled' })).toEqual([]);
  expect((await official.users.getUser({ userId: id })).data?.attributes?.status).toBe('Disabled');
});

test('two people and a service account may have one e-mail', async () => {
  const ids = [
    await addUser('twin@example.com'),
    await addUser('twin@example.com', { status: 'Disabled' }),
    await addUser('twin@example.com', { serviceAccount: true, name: 'robot' }),
  ];
  const found = await official.listAllUsers({ text: 'twin@example.com' });
  const statuses = new Map(found.map(({ id = '', attributes }) => [id, attributes?.status]));
  expect(ids.map((id) => statuses.get(id))).toEqual(['Active', 'Disabled', 'Active']);
  expect(statuses.size).toBe(3);
  expect((await refusal(createUser('twin@example.com'))).status).toBe(409);
});

test('a login strips the roles that no mapping gives, where the organization wants it', async () => {
  const [standard, readOnly] = [await roleId('Datadog Standard Role'), await roleId('Datadog Read Only Role')];
  const id = await addUser('ada@example.com', { roleIds: [standard] });
  await official.authnMappings.createAuthNMapping({
    body: {
      data: {
        type: 'authn_mappings',
        attributes: { attributeKey: 'group', attributeValue: 'it' },
        relationships: { role: { data: { id: readOnly, type: 'roles' } } },
      },
    },
  });
  const logIn = () => control('POST', 'login', { userId: id, attributes: { group: 'it' } });
  await logIn();
  expect(await official.rolesOf(id)).toEqual([standard, readOnly].toSorted());
  await control('POST', 'habits', { stripsRolesAtLogin: true });
  await logIn();
  expect(await official.rolesOf(id)).toEqual([readOnly]);
});

test('a default role comes with an account that is created without one, and with no other', async () => {
  await control('POST', 'habits', { defaultRole: 'Datadog Standard Role' });
  const [standard, readOnly] = [await roleId('Datadog Standard Role'), await roleId('Datadog Read Only Role')];
  expect(await official.rolesOf(await createUser('ada@example.com'))).toEqual([standard]);
  expect(await official.rolesOf(await createUser('bo@example.com', [readOnly]))).toEqual([readOnly]);
  await control('POST', 'habits', { defaultRole: null });
  expect(await official.rolesOf(await createUser('cleo@example.com'))).toEqual([]);
});

test('what is locked can be read and not written, whatever the key may do elsewhere', async () => {
  const id = await createUser('ada@example.com');
  const team = await teamId('support');
  const errors = ['This user is managed by SCIM'];
  await control('POST', 'locks', { id, status: 400, errors });
  await control('POST', 'locks', { id: team });
  expect(await refusal(official.users.disableUser({ userId: id }))).toMatchObject({ status: 400, errors });
  const attributes = { name: 'Ada' };
  const body = { data: { id, type: 'users' as const, attributes } };
  expect(await refusal(official.users.updateUser({ userId: id, body }))).toMatchObject({ status: 400, errors });
  const user = { data: { id: admin(), type: 'users' as const } };
  const joining = official.teams.createTeamMembership({
    teamId: team,
    body: { data: { type: 'team_memberships', relationships: { user } } },
  });
  expect(await refusal(joining)).toEqual({ status: 403, errors: ['Forbidden'] });
  expect((await official.users.getUser({ userId: id })).data?.attributes?.status).toBe('Pending');
  await official.teams.getTeamMemberships({ teamId: team });
  await control('DELETE', 'locks', { id });
  await official.users.disableUser({ userId: id });
});

test('a membership that a mapping made says so, and cannot be removed', async () => {
  const [id, team] = [await addUser('ada@example.com'), await teamId('support')];
  await control('POST', 'mapped-memberships', { teamId: team, userId: id });
  const { data = [] } = await official.teams.getTeamMemberships({ teamId: team });
  expect(data[0]?.attributes).toMatchObject({ provisionedBy: 'saml_mapping' });
  expect((await refusal(official.teams.deleteTeamMembership({ teamId: team, userId: id }))).status).toBe(403);
  expect(await official.teamsOf(id)).toEqual([team]);
});

test('an odd row leaves out and shows what it was told to, in lists and single reads', async () => {
  const id = await addUser('odd@example.com');
  const set = { type: 'agents', 'attributes.status': 'Suspended', 'attributes.seat.kind': 'full' };
  await control('POST', 'odd-rows', { id, omit: ['relationships', 'attributes.name'], set });
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into responses freely
  const read = async (path: string): Promise<any> => (await get(path)).json();
  const rows = (await read('users')).data.filter((row: { id: string }) => row.id === id);
  for (const row of [...rows, (await read(`users/${id}`)).data]) {
    expect(row).toMatchObject({ id, type: 'agents', attributes: { status: 'Suspended', seat: { kind: 'full' } } });
    expect(row).not.toHaveProperty('relationships');
    expect(row.attributes).not.toHaveProperty('name');
  }
  expect(rows).toHaveLength(1);
});

test('a role without a name is without it where users include it too', async () => {
  const id = await roleId('Datadog Admin Role');
  await control('POST', 'odd-rows', { id, omit: ['attributes.name'] });
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into responses freely
  const { included }: any = await (await get(`users/${admin()}`)).json();
  const roles = included.filter(({ type }: { type: string }) => type === 'roles');
  expect(roles).toMatchObject([{ id, attributes: { managed: true } }]);
  expect(roles[0].attributes).not.toHaveProperty('name');
});

test('some invited people never accept by themselves, always the same, but may be made to', async () => {
  await simulator.close();
  await begin({ acceptAfterMs: 1_000 });
  await control('POST', 'habits', { neverAccept: 0.5 });
  const emails = Array.from({ length: 20 }, (_, index) => `p${index}@example.com`);
  for (const email of emails) await invite(await createUser(email));
  await control('POST', 'time', { advance: '1h' });
  const pending = simulator.users().filter(({ status }) => status === 'Pending');
  expect(pending.length).toBeGreaterThan(2);
  expect(pending.length).toBeLessThan(18);
  await control('POST', 'time', { advance: '1h' });
  expect(simulator.users().filter(({ status }) => status === 'Pending')).toHaveLength(pending.length);
  expect((await control('POST', 'accept', { email: pending[0]?.email })).body.user.status).toBe('Active');
});

test('the edge says 502 in JSON of its own', async () => {
  await control('POST', 'faults', { kind: 'edge502', times: 1 });
  const refused = await get('users');
  expect([refused.status, refused.headers.get('content-type')]).toEqual([502, 'application/json']);
  expect(await refused.json()).toMatchObject({ status: 'error', code: 502, errors: ['Bad Gateway'] });
});

test.each([
  ['buckets', { requests: ['GET /api/v2/nobody'], limit: 1, periodMs: 1 }, 'no request "GET /api/v2/nobody"'],
  ['buckets', { requests: ['GET /api/v2/users'], limit: -1, periodMs: 1 }, 'limit must be'],
  ['buckets', { requests: ['GET /api/v2/users'], limit: 1, periodMs: 1, reset: 'soon' }, 'reset must be one of'],
  ['search-lag', { ms: -1 }, 'ms: expected a number'],
  ['odd-rows', { omit: ['attributes'] }, 'id: a non-empty string is required'],
  ['users', { email: 'a@example.com', status: 'Suspended' }, 'status: expected one of'],
  ['locks', { id: 'x', status: 200 }, 'status: expected a number from 400'],
  ['habits', { neverAccept: 2 }, 'neverAccept: expected a number from 0 to 1'],
])('the control %s refuses %j', async (path, body, message) => {
  expect(await control('POST', path, body)).toEqual({ status: 400, body: { error: expect.stringContaining(message) } });
});

test('an awkward organization is the same for the same seed, and another for another', async () => {
  const describe = async (awkward: number) => {
    await using one = await startSimulator({ awkward, people: 3, now: () => Date.parse('2026-01-01T00:00:00Z') });
    const buckets = one.awkward.buckets.list();
    return { users: one.users(), buckets, faults: one.faults.list() };
  };
  const [first, again, other] = [await describe(5), await describe(5), await describe(6)];
  const odd = ({ email }: { email: string }) => !/^(person|admin)/.test(email);
  expect(again.users.filter(odd)).toEqual(first.users.filter(odd));
  expect([again.buckets, again.faults]).toEqual([first.buckets, first.faults]);
  expect(first.users.filter(odd).length).toBeGreaterThan(10);
  expect(other.buckets).not.toEqual(first.buckets);
  expect(first.users.filter(({ email }) => email === 'twin@example.com')).toHaveLength(2);
});

test('what is awkward stays when the faults of an awkward organization are cleared', async () => {
  await using one = await startSimulator({ awkward: 5 });
  one.faults.clear();
  one.awkward.buckets.clear();
  const client = officialClient(one);
  const rows = await client.listAllUsers();
  expect(rows.filter(({ relationships }) => relationships === undefined)).toHaveLength(1);
  expect(rows.length).toBe(one.users().length);
});
