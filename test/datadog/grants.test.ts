import { expect, test } from '@jest/globals';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import { openPair, type Pair } from './pair.ts';
import { startStub } from './stub.ts';

const standard = { kind: 'role', name: 'Datadog Standard Role' } as const;
const engineering = { kind: 'team', name: 'engineering' } as const;

async function prepare(pair: Pair) {
  const [role, team] = await pair.api().resolve([standard, engineering]);
  const { id } = await pair.api().createAccount({ email: 'ada@example.com' });
  if (role === undefined || team === undefined) throw new Error('not resolved');
  return { id, role, team };
}

const held = ({ simulator }: Pair, id: string) => {
  const { roles, teams } = simulator.users().find((user) => user.id === id) ?? { roles: [], teams: [] };
  return { roles, teams };
};

test('roles and teams are assigned and removed', async () => {
  await using pair = await openPair();
  const { id, role, team } = await prepare(pair);
  for (const entitlement of [role, team]) await pair.api().assign(id, entitlement);
  expect(held(pair, id)).toEqual({ roles: [standard.name], teams: ['engineering'] });
  expect(await pair.api().getAccess(id)).toMatchObject({
    account: { id },
    roles: [role],
    teams: [{ ...team, isManaged: false }],
  });
  expect(await pair.api().listTeamsOf(id)).toEqual([{ ...team, isManaged: false }]);
  for (const entitlement of [role, team]) await pair.api().remove(id, entitlement);
  expect(held(pair, id)).toEqual({ roles: [], teams: [] });
  expect(pair.simulator.requests.count('POST', /roles|memberships/)).toBe(2);
  expect(pair.simulator.requests.count('DELETE')).toBe(2);
});

test('an account that is gone has no access and no teams to list', async () => {
  await using pair = await openPair();
  const gone = '00000000-0000-4000-8000-000000000000';
  expect(await pair.api().getAccess(gone)).toBeUndefined();
  await expect(pair.api().listTeamsOf(gone)).rejects.toMatchObject({ type: 'NotFound' });
});

test('teams that may not be read are said to be invisible', async () => {
  await using pair = await openPair();
  const { id } = await prepare(pair);
  pair.simulator.keys.setScopes(['user_access_read']);
  expect(await pair.api().getAccess(id)).toMatchObject({ teams: [], teamsNotVisible: 'teams_read' });
});

test('names become ids, and what is read is kept for the next', async () => {
  await using pair = await openPair();
  await pair.api().resolve([standard, engineering]);
  await pair.api().resolve([{ kind: 'role', name: 'Datadog Admin Role' }]);
  expect(pair.simulator.requests.byRoute()).toEqual({
    'GET /api/v2/permissions': 1,
    'GET /api/v2/roles': 1,
    'GET /api/v2/team': 1,
  });
});

test('a name that is new in Datadog is found by reading afresh', async () => {
  const names = ['Old'];
  await using stub = await startStub(() => ({
    body: { data: names.map((name) => ({ id: name, attributes: { name } })) },
  }));
  await stub.api().resolve([{ kind: 'role', name: 'Old' }]);
  names.push('New');
  expect(await stub.api().resolve([{ kind: 'role', name: 'New' }])).toEqual([{ kind: 'role', name: 'New', id: 'New' }]);
});

test.each<[ResolvedEntitlement['kind'], string, string]>([
  ['role', 'datadog standard role', 'there is no role "datadog standard role" (similar: Datadog Standard Role'],
  ['team', 'enginering', 'there is no team "enginering" (similar: engineering): correct the policy'],
  ['role', 'Zookeeper', 'there is no role "Zookeeper": correct the policy, or create it in Datadog'],
])('an unknown %s %j is named with similar names', async (kind, name, said) => {
  await using pair = await openPair();
  await expect(pair.api().resolve([{ kind, name }])).rejects.toMatchObject({
    type: 'UnknownEntitlement',
    message: expect.stringContaining(said),
  });
});

test('a name that exists twice is ambiguous', async () => {
  const data = ['r-1', 'r-2'].map((id) => ({ id, attributes: { name: 'Twin' } }));
  await using stub = await startStub(() => ({ body: { data } }));
  await expect(stub.api().resolve([{ kind: 'role', name: 'Twin' }])).rejects.toMatchObject({
    type: 'UnknownEntitlement',
    message: expect.stringContaining('the role "Twin" exists 2 times (r-1, r-2)'),
  });
});

test('the permissions of a role are named', async () => {
  await using pair = await openPair();
  const { role } = await prepare(pair);
  const [listed, names] = [await pair.api().listRoles(), await pair.api().listPermissions()];
  const expected = listed.find(({ id }) => id === role.id)?.permissionIds.map((id) => names.get(id));
  expect((await pair.api().rolePermissions(role.id)).toSorted()).toEqual(expected?.toSorted());
});

test('a role without a name hides no other', async () => {
  const roles = [
    { id: 'r-1', type: 'roles', attributes: {} },
    { id: 'r-2', type: 'roles', attributes: { name: 'Readers' } },
  ];
  await using stub = await startStub(() => ({ body: { data: roles, meta: { page: { total_count: 2 } } } }));
  expect((await stub.api().listRoles()).map(({ id, name }) => ({ id, name }))).toEqual([
    { id: 'r-1', name: 'r-1' },
    { id: 'r-2', name: 'Readers' },
  ]);
});
