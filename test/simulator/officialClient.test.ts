import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSimulator } from '../../simulator/index.ts';
import { officialClient, refusal, type OfficialClient } from '../support/officialClient.ts';

let simulator: Awaited<ReturnType<typeof startSimulator>>;
let official: OfficialClient;

beforeAll(async () => {
  simulator = await startSimulator({});
  official = officialClient(simulator);
});

afterAll(async () => {
  await simulator.close();
});

const sorted = (texts: readonly (string | undefined)[]): string[] =>
  texts.map((text) => text ?? '').sort((a, b) => a.localeCompare(b));

const createUser = async (email: string, name?: string) => {
  const attributes = { email, ...(name === undefined ? {} : { name }) };
  const { data } = await official.users.createUser({ body: { data: { type: 'users', attributes } } });
  return data!.id!;
};

const createRole = async (name: string) => {
  const { data } = await official.roles.createRole({ body: { data: { type: 'roles', attributes: { name } } } });
  return data!.id!;
};

const createTeam = async (name: string) => {
  const { data } = await official.teams.createTeam({
    body: { data: { type: 'team', attributes: { name, handle: name } } },
  });
  return data!.id;
};

const createServiceAccount = async (email: string) => {
  const attributes = { email, name: 'robot', serviceAccount: true };
  const { data } = await official.serviceAccounts.createServiceAccount({
    body: { data: { type: 'users', attributes } },
  });
  return data!.id!;
};

const getUser = async (userId: string) => (await official.users.getUser({ userId })).data!;

const invite = async (userId: string) => {
  const user = { data: { type: 'users' as const, id: userId } };
  const { data } = await official.users.sendInvitations({
    body: { data: [{ type: 'user_invitations', relationships: { user } }] },
  });
  return data![0]!;
};

const asUser = (id: string) => ({ data: { type: 'users' as const, id } });

describe('the official client manages users', () => {
  test('a created user is pending, without roles, with a lower-cased address', async () => {
    const userId = await createUser('Ada.Created@Example.com', 'Ada');
    const user = await getUser(userId);
    expect(user.attributes).toMatchObject({
      email: 'ada.created@example.com',
      handle: 'ada.created@example.com',
      name: 'Ada',
      status: 'Pending',
      disabled: false,
      verified: false,
      serviceAccount: false,
    });
    expect(await official.rolesOf(userId)).toEqual([]);
  });

  test("a second user with an existing address in any case is refused, even a disabled one's", async () => {
    const userId = await createUser('twice@example.com');
    const expected = { status: 409, errors: ['User twice@example.com already exists'] };
    expect(await refusal(createUser('twice@example.com'))).toEqual(expected);
    await official.users.disableUser({ userId });
    expect(await refusal(createUser('twice@example.com'))).toEqual(expected);
    expect((await refusal(createUser('TWICE@example.com'))).status).toBe(409);
  });

  test('a list is filtered by a part of the text and by status', async () => {
    const first = await createUser('filter-one@example.com');
    const second = await createUser('filter-two@example.com');
    await official.users.disableUser({ userId: second });
    const idsOf = async (filter: { text?: string; status?: string }) =>
      (await official.listAllUsers(filter)).map((user) => user.id);
    expect(sorted(await idsOf({ text: 'filter-' }))).toEqual(sorted([first, second]));
    expect(await idsOf({ text: 'filter-', status: 'Disabled' })).toEqual([second]);
    expect(await idsOf({ text: 'filter-', status: 'Pending' })).toEqual([first]);
    expect((await idsOf({ text: 'filter-', status: 'Pending,Disabled' })).length).toBe(2);
    expect(await idsOf({ text: 'filter-', status: 'Active' })).toEqual([]);
  });

  test('pages cover the filtered list once, and count both the filtered and the whole', async () => {
    const made = new Set<string>();
    for (let n = 0; n < 5; n += 1) made.add(await createUser(`page-${n}@example.com`));
    const seen: string[] = [];
    for (let pageNumber = 0; pageNumber < 3; pageNumber += 1) {
      const page = await official.users.listUsers({ filter: 'page-', pageSize: 2, pageNumber });
      expect(page.data).toHaveLength(pageNumber === 2 ? 1 : 2);
      expect(page.meta?.page?.totalFilteredCount).toBe(5);
      expect(page.meta?.page?.totalCount).toBeGreaterThan(5);
      seen.push(...page.data!.map((user) => user.id!));
    }
    expect(sorted(seen)).toEqual(sorted([...made]));
  });

  test('without a size a page has ten users', async () => {
    for (let n = 0; n < 11; n += 1) await createUser(`default-size-${n}@example.com`);
    const page = await official.users.listUsers({ filter: 'default-size-' });
    expect(page.data).toHaveLength(10);
    expect(page.meta?.page?.totalFilteredCount).toBe(11);
  });

  test('an update changes name, title and address, and leaves the handle', async () => {
    const userId = await createUser('before@example.com');
    const attributes = { name: 'After', title: 'Engineer', email: 'after@example.com' };
    await official.users.updateUser({ userId, body: { data: { type: 'users', id: userId, attributes } } });
    expect((await getUser(userId)).attributes).toMatchObject({ ...attributes, handle: 'before@example.com' });
  });

  test('an update whose ids differ, or of an unknown user, is refused', async () => {
    const userId = await createUser('mismatch@example.com');
    const unknown = '00000000-0000-4000-8000-000000000000';
    const update = (url: string, id: string) =>
      official.users.updateUser({ userId: url, body: { data: { type: 'users', id, attributes: {} } } });
    expect(await refusal(update(userId, unknown))).toEqual({
      status: 422,
      errors: ["UUID's in the URL and request body do not match"],
    });
    expect(await refusal(update(unknown, unknown))).toEqual({ status: 404, errors: [`${unknown} not found`] });
    expect(await refusal(official.users.getUser({ userId: unknown }))).toEqual({
      status: 404,
      errors: ['user not found'],
    });
  });

  test('a disabled user keeps roles, can be read, cannot be disabled again, and returns as pending', async () => {
    const [userId, roleId] = [await createUser('leaver@example.com'), await createRole('leaver role')];
    await official.roles.addUserToRole({ roleId, body: asUser(userId) });
    await official.users.disableUser({ userId });
    expect((await getUser(userId)).attributes).toMatchObject({ disabled: true, status: 'Disabled' });
    expect(await official.rolesOf(userId)).toEqual([roleId]);
    expect(await refusal(official.users.disableUser({ userId }))).toEqual({
      status: 404,
      errors: [`${userId} not found`],
    });
    await official.users.updateUser({
      userId,
      body: { data: { type: 'users', id: userId, attributes: { disabled: false } } },
    });
    expect((await getUser(userId)).attributes).toMatchObject({ disabled: false, status: 'Pending' });
    expect(await official.rolesOf(userId)).toEqual([roleId]);
  });

  test('a user who had accepted returns as active', async () => {
    const userId = await createUser('returner@example.com');
    await invite(userId);
    simulator.accept(userId);
    expect((await getUser(userId)).attributes).toMatchObject({ status: 'Active', verified: true });
    await official.users.disableUser({ userId });
    const update = { data: { type: 'users' as const, id: userId, attributes: { disabled: false } } };
    await official.users.updateUser({ userId, body: update });
    expect((await getUser(userId)).attributes).toMatchObject({ status: 'Active', disabled: false });
  });

  test('the current user holds the permissions that its keys grant', async () => {
    const { data } = await official.users.getCurrentUser();
    expect(data?.attributes?.status).toBe('Active');
    const { data: permissions } = await official.users.listUserPermissions({ userId: data!.id! });
    const names = permissions!.map((permission) => permission.attributes?.name);
    expect(names).toEqual(expect.arrayContaining(['user_access_manage', 'user_access_invite']));
  });
});

describe('the official client invites', () => {
  test('an invitation names its user and lasts 48 hours, and is read back the same', async () => {
    const userId = await createUser('invited@example.com');
    const sent = await invite(userId);
    expect(sent.attributes?.inviteType).toBe('basic_invite');
    expect(sent.attributes!.expiresAt!.getTime() - sent.attributes!.createdAt!.getTime()).toBe(48 * 3_600_000);
    const { data } = await official.users.getInvitation({ userInvitationUuid: sent.id! });
    expect(data).toEqual(sent);
  });

  test('a second invitation is a reminder with its own id', async () => {
    const userId = await createUser('reminded@example.com');
    const [first, second] = [await invite(userId), await invite(userId)];
    expect(second.id).not.toBe(first.id);
    expect(second.attributes?.inviteType).toBe('basic_reminder');
  });

  test('cancelled invitations are gone, and their user stays pending', async () => {
    const userId = await createUser('cancelled@example.com');
    const sent = await invite(userId);
    await official.users.deleteUserInvitations({ userId });
    expect((await refusal(official.users.getInvitation({ userInvitationUuid: sent.id! }))).status).toBe(404);
    expect((await getUser(userId)).attributes?.status).toBe('Pending');
  });
});

describe('the official client grants and revokes', () => {
  test('a role is added to a user and removed again, as user and role both tell', async () => {
    const [userId, roleId] = [await createUser('mover@example.com'), await createRole('mover role')];
    const usersOf = async () => (await official.roles.listRoleUsers({ roleId })).data!.map((user) => user.id);
    await official.roles.addUserToRole({ roleId, body: asUser(userId) });
    expect(await official.rolesOf(userId)).toEqual([roleId]);
    expect(await usersOf()).toEqual([userId]);
    await official.roles.removeUserFromRole({ roleId, body: asUser(userId) });
    expect(await official.rolesOf(userId)).toEqual([]);
    expect(await usersOf()).toEqual([]);
  });

  test('a grant returns the first page of the role, which may not hold the user', async () => {
    const roleId = await createRole('crowded role');
    const crowd: string[] = [];
    for (let n = 0; n < 12; n += 1) crowd.push(await createUser(`crowd-${n}@example.com`));
    for (const id of crowd.slice(0, -1)) await official.roles.addUserToRole({ roleId, body: asUser(id) });
    const last = crowd.at(-1)!;
    const { data, meta } = await official.roles.addUserToRole({ roleId, body: asUser(last) });
    expect(data).toHaveLength(10);
    expect(meta?.page?.totalCount).toBe(12);
    expect(await official.rolesOf(last)).toEqual([roleId]);
  });

  test('roles are found by a part of their name, and their permissions are read', async () => {
    const roleId = await createRole('findable role');
    const { data: roles } = await official.roles.listRoles({ filter: 'findable', pageSize: 100 });
    expect(roles!.map((role) => role.id)).toEqual([roleId]);
    const { data: all } = await official.roles.listPermissions();
    const held = async () =>
      (await official.roles.listRolePermissions({ roleId })).data!.map((permission) => permission.id);
    const added = all!.find((permission) => permission.attributes?.name === 'user_access_read')!;
    expect(await held()).not.toContain(added.id);
    const body = { data: { type: 'permissions' as const, id: added.id! } };
    await official.roles.addPermissionToRole({ roleId, body });
    expect(await held()).toContain(added.id);
    await official.roles.removePermissionFromRole({ roleId, body });
    expect(await held()).not.toContain(added.id);
  });

  test('the managed roles stand in every org', async () => {
    const { data } = await official.roles.listRoles({ pageSize: 100 });
    const names = data!.map((role) => role.attributes?.name);
    expect(names).toEqual(
      expect.arrayContaining(['Datadog Admin Role', 'Datadog Standard Role', 'Datadog Read Only Role']),
    );
  });

  test('a deleted role is gone from those who held it', async () => {
    const [userId, roleId] = [await createUser('orphan-of-role@example.com'), await createRole('short-lived role')];
    await official.roles.addUserToRole({ roleId, body: asUser(userId) });
    await official.roles.deleteRole({ roleId });
    expect(await official.rolesOf(userId)).toEqual([]);
    expect((await refusal(official.roles.getRole({ roleId }))).status).toBe(404);
  });

  test('a team membership is added once and removed, as team and user both tell', async () => {
    const [userId, teamId] = [await createUser('member@example.com'), await createTeam('a-team')];
    const add = () =>
      official.teams.createTeamMembership({
        teamId,
        body: { data: { type: 'team_memberships', relationships: { user: { data: { type: 'users', id: userId } } } } },
      });
    const membersOf = async () =>
      (await official.teams.getTeamMemberships({ teamId })).data!.map(
        (membership) => membership.relationships?.user?.data.id,
      );
    await add();
    expect(await official.teamsOf(userId)).toEqual([teamId]);
    expect(await membersOf()).toEqual([userId]);
    expect((await refusal(add())).status).toBe(409);
    await official.teams.deleteTeamMembership({ teamId, userId });
    expect(await official.teamsOf(userId)).toEqual([]);
    expect(await membersOf()).toEqual([]);
    expect((await refusal(official.teams.deleteTeamMembership({ teamId, userId }))).status).toBe(404);
  });

  test('teams are listed page by page and found by keyword', async () => {
    const ids = [await createTeam('listed-one'), await createTeam('listed-two'), await createTeam('listed-three')];
    const found: string[] = [];
    for await (const team of official.teams.listTeamsWithPagination({ pageSize: 2, filterKeyword: 'listed-' }))
      found.push(team.id);
    expect(sorted(found)).toEqual(sorted(ids));
  });
});

describe('the official client sees what is not a person', () => {
  test('a service account is active at once, has its id as handle, and may share its address', async () => {
    const [first, second] = [
      await createServiceAccount('robots@example.com'),
      await createServiceAccount('robots@example.com'),
    ];
    expect(first).not.toBe(second);
    expect((await getUser(first)).attributes).toMatchObject({ serviceAccount: true, status: 'Active', handle: first });
  });

  test('an application key of a service account is listed without its secret, and ends with it', async () => {
    const serviceAccountId = await createServiceAccount('keyed@example.com');
    const made = await official.serviceAccounts.createServiceAccountApplicationKey({
      serviceAccountId,
      body: { data: { type: 'application_keys', attributes: { name: 'deploy' } } },
    });
    const listed = async () =>
      (await official.serviceAccounts.listServiceAccountApplicationKeys({ serviceAccountId })).data!;
    expect(made.data?.attributes?.key).toEqual(expect.any(String));
    expect((await listed()).map((key) => key.id)).toEqual([made.data?.id]);
    expect(JSON.stringify(await listed())).not.toContain(made.data!.attributes!.key!);
    const owned = await official.keys.listApplicationKeys({ filterOwnedBy: serviceAccountId, pageSize: 100 });
    expect(owned.data!.map((key) => key.id)).toEqual([made.data?.id]);
    await official.users.disableUser({ userId: serviceAccountId });
    expect((await official.keys.listApplicationKeys({ filterOwnedBy: serviceAccountId, pageSize: 100 })).data).toEqual(
      [],
    );
  });

  test('an API key is listed with who created it', async () => {
    const made = await official.keys.createAPIKey({
      body: { data: { type: 'api_keys', attributes: { name: 'listed api key' } } },
    });
    const { data } = await official.keys.listAPIKeys({ filter: 'listed api key', include: 'created_by' });
    const me = await official.users.getCurrentUser();
    expect(data!.map((key) => key.id)).toEqual([made.data?.id]);
    expect(data![0]!.relationships?.createdBy?.data?.id).toBe(me.data?.id);
    await official.keys.deleteAPIKey({ apiKeyId: made.data!.id! });
    expect((await official.keys.listAPIKeys({ filter: 'listed api key' })).data).toEqual([]);
  });

  test('a personal access token is listed by its owner until it is revoked', async () => {
    const me = (await official.users.getCurrentUser()).data!.id!;
    const expiresAt = new Date(Date.now() + 30 * 86_400_000);
    const attributes = { name: 'token', scopes: ['dashboards_read'], expiresAt };
    const { data } = await official.keys.createPersonalAccessToken({
      body: { data: { type: 'personal_access_tokens', attributes } },
    });
    const listed = async () =>
      (await official.keys.listPersonalAccessTokens({ filterOwnedBy: [me] })).data!.map((token) => token.id);
    expect(await listed()).toContain(data!.id);
    await official.keys.revokePersonalAccessToken({ tokenId: data!.id! });
    expect(await listed()).not.toContain(data!.id);
  });

  test('an authn mapping is listed with the role that it grants', async () => {
    const roleId = await createRole('mapped role');
    const attributes = { attributeKey: 'department', attributeValue: 'Engineering' };
    const relationships = { role: { data: { type: 'roles' as const, id: roleId } } };
    const { data } = await official.authnMappings.createAuthNMapping({
      body: { data: { type: 'authn_mappings', attributes, relationships } },
    });
    const { data: listed } = await official.authnMappings.listAuthNMappings({ resourceType: 'role', pageSize: 100 });
    const mine = listed!.find((mapping) => mapping.id === data!.id);
    expect(mine?.attributes).toMatchObject(attributes);
    expect(mine?.relationships?.role?.data?.id).toBe(roleId);
    await official.authnMappings.deleteAuthNMapping({ authnMappingId: data!.id });
    expect((await official.authnMappings.listAuthNMappings({ pageSize: 100 })).data).toEqual([]);
  });

  test('identity providers of a user can be read', async () => {
    const userId = await createUser('federated@example.com');
    const { data } = await official.users.getUserIdentityProviders({ userId });
    expect(Array.isArray(data)).toBe(true);
    expect(
      (await refusal(official.users.getUserIdentityProviders({ userId: '00000000-0000-4000-8000-000000000000' })))
        .status,
    ).toBe(404);
  });
});

describe('the official client sends logs', () => {
  const item = { ddsource: 'muster', service: 'muster', message: 'evidence 1: create account' };

  test('they are taken with the API key alone, up to a thousand at once', async () => {
    const keyless = officialClient({ ...simulator, appKey: '' });
    const body = [{ ...item, additionalProperties: { seq: '1' } }];
    expect(await keyless.logs.submitLog({ body })).toEqual({});
    const [sent] = simulator.requests.list().slice(-1);
    expect(sent).toMatchObject({ path: '/api/v2/logs', status: 202 });
    expect(JSON.parse(sent?.body ?? '')).toEqual([{ ...item, seq: '1' }]);
    const tooMany = keyless.logs.submitLog({ body: Array.from({ length: 1_001 }, () => item) });
    expect((await refusal(tooMany)).status).toBe(400);
    const tooLarge = keyless.logs.submitLog({ body: [{ ...item, message: 'x'.repeat(5_000_000) }] });
    expect((await refusal(tooLarge)).status).toBe(413);
    const wrong = officialClient({ ...simulator, apiKey: '0'.repeat(32) });
    expect((await refusal(wrong.logs.submitLog({ body }))).status).toBe(403);
  });
});

describe('the official client is told about its keys', () => {
  test('good keys are valid', async () => {
    expect(await official.authentication.validate()).toMatchObject({ valid: true });
    expect(await official.keys.validateAPIKey()).toMatchObject({ status: 'ok' });
    expect((await official.keys.validate()).data?.attributes).toMatchObject({ apiKeyId: expect.any(String) });
  });

  test('a wrong key of either kind is refused everywhere', async () => {
    const wrongApi = officialClient({ ...simulator, apiKey: '0'.repeat(32) });
    const wrongApp = officialClient({ ...simulator, appKey: '0'.repeat(40) });
    for (const wrong of [wrongApi, wrongApp]) {
      expect((await refusal(wrong.users.listUsers())).status).toBe(403);
      expect([401, 403]).toContain((await refusal(wrong.keys.validateAPIKey())).status);
    }
    expect((await refusal(wrongApi.authentication.validate())).status).toBe(403);
    expect(await wrongApp.authentication.validate()).toMatchObject({ valid: true });
  });

  test('a key without the scope is refused without being told which', async () => {
    const attributes = { name: 'reader', scopes: ['user_access_read'] };
    const { data } = await official.keys.createCurrentUserApplicationKey({
      body: { data: { type: 'application_keys', attributes } },
    });
    const reader = officialClient({ ...simulator, appKey: data!.attributes!.key! });
    expect((await reader.users.listUsers()).data!.length).toBeGreaterThan(0);
    const create = reader.users.createUser({
      body: { data: { type: 'users', attributes: { email: 'scoped@example.com' } } },
    });
    expect(await refusal(create)).toEqual({
      status: 403,
      errors: ['Forbidden', 'Failed permission authorization checks'],
    });
    expect(await official.listAllUsers({ text: 'scoped@example.com' })).toEqual([]);
  });
});
