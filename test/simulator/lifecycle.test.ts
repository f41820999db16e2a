import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { startSimulator } from '../../simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../simulator/index.ts';

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into responses freely
  readonly body: any;
}

let simulator: Simulator;

async function restart(options: SimulatorOptions): Promise<void> {
  await simulator.close();
  simulator = await startSimulator(options);
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${simulator.url}${path}`, {
    method,
    headers: {
      'DD-API-KEY': simulator.apiKey,
      'DD-APPLICATION-KEY': simulator.appKey,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const userData = (attributes: object, roleIds: string[] = []): object => ({
  data: { type: 'users', attributes, relationships: { roles: { data: roleIds.map((id) => ({ type: 'roles', id })) } } },
});

async function createUser(email: string, roleIds: string[] = []): Promise<string> {
  const { status, body } = await call('POST', '/api/v2/users', userData({ email }, roleIds));
  expect(status).toBe(201);
  return body.data.id;
}

const patchUser = (id: string, attributes: object): Promise<Answer> =>
  call('PATCH', `/api/v2/users/${id}`, { data: { type: 'users', id, attributes } });

const invite = (id: string): Promise<Answer> =>
  call('POST', '/api/v2/user_invitations', {
    data: [{ type: 'user_invitations', relationships: { user: { data: { type: 'users', id } } } }],
  });

async function managedRole(name: string): Promise<string> {
  const { body } = await call('GET', `/api/v2/roles?filter=${encodeURIComponent(name)}`);
  return body.data[0].id;
}

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(() => simulator.close());

test('a created user is Pending, with a lower-cased e-mail and a handle that never changes', async () => {
  const { body } = await call('POST', '/api/v2/users', userData({ email: 'New.Person@Example.com' }));
  expect(body.data.attributes).toMatchObject({
    email: 'new.person@example.com',
    handle: 'new.person@example.com',
    status: 'Pending',
    verified: false,
    disabled: false,
    name: null,
  });
  expect(body.data.relationships.roles.data).toEqual([]);
  await patchUser(body.data.id, { email: 'other@example.com' });
  const read = await call('GET', `/api/v2/users/${body.data.id}`);
  expect(read.body.data.attributes).toMatchObject({ email: 'other@example.com', handle: 'new.person@example.com' });
});

test('an e-mail that is taken is a conflict: by an e-mail, by a disabled user, by another handle', async () => {
  const id = await createUser('taken@example.com');
  const again = await call('POST', '/api/v2/users', userData({ email: 'taken@example.com' }));
  expect(again).toEqual({ status: 409, body: { errors: ['User taken@example.com already exists'] } });
  await call('DELETE', `/api/v2/users/${id}`);
  expect((await call('POST', '/api/v2/users', userData({ email: 'TAKEN@example.com' }))).status).toBe(409);
  await patchUser(id, { email: 'moved@example.com' });
  expect((await call('POST', '/api/v2/users', userData({ email: 'taken@example.com' }))).status).toBe(409);
  expect((await call('GET', '/api/v2/users?filter=moved@example.com')).body.meta.page.total_filtered_count).toBe(1);
});

test('an invitation lasts two days, a second one is a reminder with a new id', async () => {
  const id = await createUser('invited@example.com');
  const first = await invite(id);
  const second = await invite(id);
  expect(first.status).toBe(201);
  const [a, b] = [first.body.data[0], second.body.data[0]];
  expect([a.attributes.invite_type, b.attributes.invite_type]).toEqual(['basic_invite', 'basic_reminder']);
  expect(a.id).not.toBe(b.id);
  expect(Date.parse(a.attributes.expires_at) - Date.parse(a.attributes.created_at)).toBe(2 * 86_400_000);
  expect((await call('GET', `/api/v2/user_invitations/${b.id}`)).body.data).toEqual(b);
});

test('a state file is written while the simulator runs, so that a kill loses little', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  try {
    const stateFile = join(folder, 'state.json');
    await restart({ stateFile });
    await createUser('saved@example.com');
    while (!(await readFile(stateFile, 'utf8')).includes('saved@example.com')) await nextTurn();
    const copy = join(folder, 'copy.json');
    await copyFile(stateFile, copy);
    await restart({ stateFile: copy });
    expect(simulator.users().map(({ email }) => email)).toContain('saved@example.com');
    await writeFile(copy, '{"version": 2}');
    await expect(startSimulator({ stateFile: copy })).rejects.toThrow('stateFile: not a simulator state');
  } finally {
    await simulator.close();
    await rm(folder, { recursive: true });
  }
});

test('invitations are OpenID invitations once Google login is on', async () => {
  const providers = await call('GET', '/api/v2/identity_providers');
  const google = providers.body.data.find(
    (provider: { attributes: { authentication_method: string } }) =>
      provider.attributes.authentication_method === 'Google',
  );
  const data = { type: 'identity_providers', id: google.id, attributes: { enabled: true } };
  await call('PATCH', `/api/v2/identity_providers/${google.id}`, { data });
  const invited = await invite(await createUser('google@example.com'));
  expect(invited.body.data[0].attributes.invite_type).toBe('openid_invite');
});

test('the org config makes invitations last thirty days', async () => {
  const id = await createUser('slow@example.com');
  const path = '/api/v2/org_configs/30d_invite_expiration';
  await call('PATCH', path, { data: { type: 'org_configs', attributes: { value: true } } });
  await invite(id);
  simulator.advance(29 * 86_400_000);
  expect(simulator.accept(id).status).toBe('Active');
});

test('accepting an expired, a cancelled or no invitation fails, and the user stays Pending', async () => {
  const id = await createUser('late@example.com');
  expect(() => simulator.accept(id)).toThrow('no open invitation');
  await invite(id);
  simulator.advance(2 * 86_400_000 + 1);
  expect(() => simulator.accept(id)).toThrow('only expired invitations');
  await invite(id);
  const cancelled = await call('DELETE', `/api/v2/users/${id}/invitations`);
  expect(cancelled).toEqual({ status: 200, body: undefined });
  expect(() => simulator.accept(id)).toThrow('no open invitation');
  await invite(id);
  expect(simulator.accept(id)).toMatchObject({ status: 'Active', verified: true, lastLoginTime: expect.any(String) });
});

test('invited people accept by themselves after the configured time, others never', async () => {
  await restart({ acceptAfterMs: 5000 });
  const invited = await createUser('quick@example.com');
  const forgotten = await createUser('forgotten@example.com');
  await invite(invited);
  expect((await call('GET', `/api/v2/users/${invited}`)).body.data.attributes.status).toBe('Pending');
  simulator.advance(5000);
  expect((await call('GET', `/api/v2/users/${invited}`)).body.data.attributes.status).toBe('Active');
  expect((await call('GET', `/api/v2/users/${forgotten}`)).body.data.attributes.status).toBe('Pending');
});

test('disabling keeps roles and API keys and ends application keys; a second DELETE is 404', async () => {
  const role = await managedRole('Datadog Standard Role');
  const account = { email: 'robot@example.com', name: 'robot', service_account: true };
  const created = await call('POST', '/api/v2/service_accounts', userData(account, [role]));
  const { id } = created.body.data;
  const keyBody = { data: { type: 'application_keys', attributes: { name: 'of the robot' } } };
  expect((await call('POST', `/api/v2/service_accounts/${id}/application_keys`, keyBody)).status).toBe(201);
  const apiKeysBefore = (await call('GET', '/api/v2/api_keys')).body.meta.page.total_filtered_count;
  expect((await call('DELETE', `/api/v2/users/${id}`)).status).toBe(204);
  const read = await call('GET', `/api/v2/users/${id}`);
  expect(read.body.data.attributes).toMatchObject({ status: 'Disabled', disabled: true, verified: true });
  expect(read.body.data.relationships.roles.data).toEqual([{ type: 'roles', id: role }]);
  expect((await call('GET', `/api/v2/application_keys?filter[owned_by]=${id}`)).body.data).toEqual([]);
  expect((await call('GET', '/api/v2/api_keys')).body.meta.page.total_filtered_count).toBe(apiKeysBefore);
  expect(await call('DELETE', `/api/v2/users/${id}`)).toEqual({ status: 404, body: { errors: [`${id} not found`] } });
  expect((await patchUser(id, { disabled: true })).status).toBe(200);
});

test('a re-enabled user is Pending when never verified, else Active, and old links are dead', async () => {
  const [never, once] = [await createUser('never@example.com'), await createUser('once@example.com')];
  await invite(never);
  await invite(once);
  simulator.accept(once);
  for (const id of [never, once]) {
    await call('DELETE', `/api/v2/users/${id}`);
    await patchUser(id, { disabled: false });
  }
  const statuses = simulator.users().filter(({ id }) => id === never || id === once);
  expect(statuses.map(({ email, status }) => `${email} ${status}`).sort()).toEqual([
    'never@example.com Pending',
    'once@example.com Active',
  ]);
  expect(() => simulator.accept(never)).toThrow('no open invitation');
});

test('service accounts are Active at once, have their id as handle, and may share an e-mail', async () => {
  const make = (): Promise<Answer> =>
    call('POST', '/api/v2/service_accounts', userData({ email: 'Shared@example.com', service_account: true }));
  const [first, second] = [await make(), await make()];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(first.body.data.attributes).toMatchObject({
    handle: first.body.data.id,
    status: 'Active',
    service_account: true,
  });
  await createUser('shared@example.com');
  expect((await call('GET', '/api/v2/users?filter=SHARED@')).body.data).toHaveLength(3);
});

test("adding a user to a role returns the role's first ten users, perhaps without the new one", async () => {
  const role = (await call('POST', '/api/v2/roles', { data: { type: 'roles', attributes: { name: 'Crowd' } } })).body
    .data.id;
  for (let index = 0; index < 11; index += 1) await createUser(`crowd${index}@example.com`, [role]);
  const late = await createUser('late@example.com');
  const body = { data: { type: 'users', id: late } };
  const added = await call('POST', `/api/v2/roles/${role}/users`, body);
  expect(added.status).toBe(200);
  expect(added.body.meta.page).toEqual({ total_count: 12 });
  expect(added.body.data).toHaveLength(10);
  expect((await call('GET', `/api/v2/users/${late}`)).body.data.relationships.roles.data).toEqual([
    { type: 'roles', id: role },
  ]);
  const removed = await call('DELETE', `/api/v2/roles/${role}/users`, body);
  expect(removed.body.meta.page).toEqual({ total_count: 11 });
});

test('lists are paged from zero with ten by default, and filter by status', async () => {
  await restart({ people: 30, seed: 7 });
  const first = await call('GET', '/api/v2/users');
  expect(first.body.data).toHaveLength(10);
  expect(first.body.meta.page).toEqual({ total_count: 31, total_filtered_count: 31, max_page_size: 1000 });
  const pages = await Promise.all(
    [0, 1, 2, 3].map((page) => call('GET', `/api/v2/users?page[size]=10&page[number]=${page}`)),
  );
  const ids = pages.flatMap((page) => page.body.data.map((user: { id: string }) => user.id));
  expect(new Set(ids).size).toBe(31);
  const active = await call('GET', '/api/v2/users?filter[status]=Active,Pending&page[size]=100');
  const expected = simulator.users().filter(({ status }) => status !== 'Disabled').length;
  expect(active.body.data).toHaveLength(expected);
  expect(expected).toBeLessThan(31);
  const types = new Set(active.body.included.map((item: { type: string }) => item.type));
  expect([...types]).toEqual(['roles', 'permissions']);
});

const newYear = (): number => Date.parse('2026-01-01');

test('equal seeds yield equal populations, others do not', async () => {
  const emails = (): string[] =>
    simulator.users().map((user) => `${user.id} ${user.name} ${user.status} ${user.roles.join()}`);
  await restart({ people: 20, nhis: 9, seed: 3, now: newYear });
  const first = emails();
  await restart({ people: 20, nhis: 9, seed: 3, now: newYear });
  expect(emails()).toEqual(first);
  await restart({ people: 20, nhis: 9, seed: 4, now: newYear });
  expect(emails()).not.toEqual(first);
  expect(simulator.users().every(({ email }) => email.endsWith('@example.com'))).toBe(true);
});

test('requests are refused in the shapes Datadog has', async () => {
  const id = await createUser('errors@example.com');
  const nobody = '00000000-dead-beef-dead-ffffffffffff';
  const mismatch = { data: { type: 'users', id: nobody, attributes: {} } };
  expect(await call('PATCH', `/api/v2/users/${id}`, mismatch)).toEqual({
    status: 422,
    body: { errors: ["UUID's in the URL and request body do not match"] },
  });
  expect(await call('PATCH', `/api/v2/users/${nobody}`, mismatch)).toEqual({
    status: 404,
    body: { errors: [`${nobody} not found`] },
  });
  expect(await call('GET', `/api/v2/users/${nobody}`)).toEqual({ status: 404, body: { errors: ['user not found'] } });
  expect(await call('GET', `/api/v2/roles/${nobody}`)).toEqual({
    status: 404,
    body: { errors: [{ title: 'Generic Error', detail: 'could not find the uuid.' }] },
  });
  expect(await call('GET', '/api/v2/roles/no-uuid')).toEqual({
    status: 400,
    body: { errors: [{ title: 'Generic Error', detail: 'invalid UUID [no-uuid]' }] },
  });
  const zone = { data: { type: 'org_configs', attributes: { value: 'Nope/Zone' } } };
  expect(await call('PATCH', '/api/v2/org_configs/monitor_timezone', zone)).toEqual({
    status: 400,
    body: { errors: ["The value provided for parameter 'OrgConfig: monitor_timezone' is invalid"] },
  });
  expect((await call('POST', '/api/v2/users', '{"data":')).status).toBe(400);
  expect((await call('POST', '/api/v2/users', userData({ email: 'no address' }))).status).toBe(400);
  expect((await patchUser(id, { name: 'x'.repeat(56) })).status).toBe(400);
});

test('a key may do what its scopes and its owner both allow, and the refusal names nothing', async () => {
  await restart({ scopes: ['user_access_read'] });
  expect((await call('GET', '/api/v2/users')).status).toBe(200);
  expect(await call('POST', '/api/v2/users', userData({ email: 'x@example.com' }))).toEqual({
    status: 403,
    body: { errors: ['Forbidden', 'Failed permission authorization checks'] },
  });
  expect((await call('GET', '/api/v2/current_user')).status).toBe(200);
  simulator.keys.setScopes(null);
  expect((await call('POST', '/api/v2/users', userData({ email: 'x@example.com' }))).status).toBe(201);
});

test('a key of an owner with fewer roles may do less', async () => {
  const role = await managedRole('Datadog Read Only Role');
  const account = await call(
    'POST',
    '/api/v2/service_accounts',
    userData({ email: 'r@example.com', service_account: true }, [role]),
  );
  const path = `/api/v2/service_accounts/${account.body.data.id}/application_keys`;
  const made = await call('POST', path, { data: { type: 'application_keys', attributes: { name: 'reader' } } });
  const headers = { 'DD-API-KEY': simulator.apiKey, 'DD-APPLICATION-KEY': made.body.data.attributes.key };
  expect((await fetch(`${simulator.url}/api/v2/users`, { headers })).status).toBe(200);
  const body = JSON.stringify(userData({ email: 'x@example.com' }));
  expect((await fetch(`${simulator.url}/api/v2/users`, { method: 'POST', headers, body })).status).toBe(403);
});

test('a revoked key is forbidden until it is restored', async () => {
  simulator.keys.revoke('application');
  expect(await call('GET', '/api/v2/users')).toEqual({ status: 403, body: { errors: ['Forbidden'] } });
  expect((await call('GET', '/api/v1/validate')).body).toEqual({ valid: true });
  simulator.keys.restore('application');
  expect((await call('GET', '/api/v2/validate_keys')).body).toEqual({ status: 'ok' });
});

test('members of a team are added once, and managed roles cannot be changed', async () => {
  const teams = await call('GET', '/api/v2/team?filter[keyword]=engineering');
  const team = teams.body.data[0];
  expect(team.attributes.handle).toBe('engineering');
  const id = await createUser('member@example.com');
  const body = {
    data: {
      type: 'team_memberships',
      attributes: { role: null },
      relationships: { user: { data: { type: 'users', id } } },
    },
  };
  const path = `/api/v2/team/${team.id}/memberships`;
  expect((await call('POST', path, body)).status).toBe(200);
  expect(await call('POST', path, body)).toEqual({
    status: 409,
    body: { errors: [{ status: '409', title: 'Conflict', detail: `users already present on the team [${id}]` }] },
  });
  expect((await call('DELETE', `${path}/${id}`)).status).toBe(204);
  expect((await call('DELETE', `${path}/${id}`)).status).toBe(404);
  expect((await call('DELETE', `/api/v2/roles/${await managedRole('Datadog Admin Role')}`)).status).toBe(400);
});

test('a restart with a state file loses nothing, keys and clock included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  const options = { stateFile: join(folder, 'state.json'), people: 3 };
  try {
    await restart(options);
    const id = await createUser('kept@example.com');
    await invite(id);
    simulator.advance(86_400_000);
    const { apiKey, appKey } = simulator;
    const before = simulator.dump();
    await restart(options);
    expect([simulator.apiKey, simulator.appKey]).toEqual([apiKey, appKey]);
    expect(simulator.dump()).toEqual(before);
    expect((await call('GET', '/api/v2/users?filter=kept')).body.data[0].id).toBe(id);
    simulator.advance(86_399_000 + 2000);
    expect(() => simulator.accept(id)).toThrow('only expired');
  } finally {
    await simulator.close();
    await rm(folder, { recursive: true });
  }
});

test('the command writes its address and keys first, and ends with SIGTERM', async () => {
  const program =
    "const { runSimulator } = await import('./simulator/command.ts'); await runSimulator({}, process.stdout);";
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const [line] = await once(createInterface(child.stdout), 'line');
    const { url, apiKey, appKey } = JSON.parse(String(line));
    const headers = { 'DD-API-KEY': apiKey, 'DD-APPLICATION-KEY': appKey };
    expect((await fetch(`${url}/api/v2/validate_keys`, { headers })).status).toBe(200);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
});

test('the control endpoint does what the functions do, and names wrong fields', async () => {
  const id = await createUser('controlled@example.com');
  await invite(id);
  expect((await call('POST', '/control/accept', { email: 'Controlled@example.com' })).body.user.status).toBe('Active');
  expect((await call('POST', '/control/accept', { email: 'controlled@example.com' })).status).toBe(409);
  await call('POST', '/control/time', { set: '2030-01-01T00:00:00Z' });
  expect((await call('GET', '/control/time')).body.now).toMatch(/^2030-01-01T00:00/);
  expect((await call('POST', '/control/disable', { userId: id })).body.user.status).toBe('Disabled');
  expect((await call('GET', '/control/requests')).body.byRoute).toMatchObject({ 'POST /api/v2/users': 1 });
  expect(await call('POST', '/control/accept', {})).toEqual({
    status: 400,
    body: { error: 'userId or email is required' },
  });
  expect((await call('POST', '/control/faults', { kind: 'flood' })).body.error).toContain('kind must be one of');
  expect((await call('POST', '/control/time', { advance: 'soon' })).body.error).toContain(
    'advance: "soon" is not a duration',
  );
});
