import { expect, test } from '@jest/globals';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import { openPair, type Pair } from './pair.ts';
import { startStub, userOf } from './stub.ts';

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

test('roles and teams are given once and taken once', async () => {
  await using pair = await openPair();
  const { id, role, team } = await prepare(pair);
  for (const entitlement of [role, team]) {
    expect(await pair.api().ensureGranted(id, entitlement)).toEqual({ changed: true });
    expect(await pair.api().ensureGranted(id, entitlement)).toEqual({ changed: false });
  }
  expect(held(pair, id)).toEqual({ roles: [standard.name], teams: ['engineering'] });
  expect(await pair.api().getAccess(id)).toMatchObject({
    account: { id },
    roles: [role],
    teams: [{ ...team, isManaged: false }],
  });
  for (const entitlement of [role, team]) {
    expect(await pair.api().ensureRevoked(id, entitlement)).toEqual({ changed: true });
    expect(await pair.api().ensureRevoked(id, entitlement)).toEqual({ changed: false });
  }
  expect(held(pair, id)).toEqual({ roles: [], teams: [] });
  expect(pair.simulator.requests.count('POST', /roles|memberships/)).toBe(2);
  expect(pair.simulator.requests.count('DELETE')).toBe(2);
});

test('a membership given by somebody else in between is a success that this call did not make', async () => {
  const { answer, team } = memberships({ hidesFirst: 1, status: 409, detail: 'users already present on the team' });
  await using stub = await startStub(answer);
  expect(await stub.api().ensureGranted('u-1', team)).toEqual({ changed: false });
});

test('a membership that is there already but does not read back yet is tried again', async () => {
  const { answer, team } = memberships({ hidesFirst: 9, status: 409, detail: 'users already present on the team' });
  await using stub = await startStub(answer);
  await expect(stub.api().ensureGranted('u-1', team)).rejects.toMatchObject({ type: 'UnexpectedResponse' });
});

test('a membership that contradicts something else is a conflict', async () => {
  const { answer, team } = memberships({ hidesFirst: 9, status: 409, detail: 'the team is full' });
  await using stub = await startStub(answer);
  await expect(stub.api().ensureGranted('u-1', team)).rejects.toMatchObject({ type: 'Conflict' });
});

test('a role that still reads as held after a 404 has not been taken', async () => {
  const role = { kind: 'role', id: 'r-1', name: 'Admin' } as const;
  const user = { ...userOf('u-1'), relationships: { roles: { data: [{ id: 'r-1' }] } } };
  await using stub = await startStub(({ method }) =>
    method === 'DELETE' ? { status: 404, body: { errors: ['not found'] } } : { body: { data: user } },
  );
  await expect(stub.api().ensureRevoked('u-1', role)).rejects.toMatchObject({ type: 'UnexpectedResponse' });
});

test('an account that is gone holds nothing', async () => {
  await using pair = await openPair();
  const { role, team } = await prepare(pair);
  const gone = '00000000-0000-4000-8000-000000000000';
  expect(await pair.api().ensureRevoked(gone, role)).toEqual({ changed: false });
  expect(await pair.api().ensureRevoked(gone, team)).toEqual({ changed: false });
  expect(await pair.api().getAccess(gone)).toBeUndefined();
});

test('a team that is managed outside is never written', async () => {
  const { answer, team } = memberships({ hidesFirst: 9, status: 200, isManaged: true });
  await using stub = await startStub(answer);
  await expect(stub.api().ensureGranted('u-1', team)).rejects.toMatchObject({
    type: 'Conflict',
    message: expect.stringContaining('team engineering is managed outside Datadog'),
  });
  const { answer: whereHeld } = memberships({ hidesFirst: 0, status: 200, isManaged: true });
  await using other = await startStub(whereHeld);
  await expect(other.api().ensureRevoked('u-1', team)).rejects.toMatchObject({ type: 'Conflict' });
  expect([...stub.requests, ...other.requests].every(({ method }) => method === 'GET')).toBe(true);
  expect((await other.api().getAccess('u-1'))?.teams).toEqual([{ ...team, isManaged: true }]);
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
])('an unknown %s %j is named with what is near it', async (kind, name, said) => {
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

/** One team, whose membership the first so many reads hide. */
function memberships({
  hidesFirst,
  status,
  detail,
  isManaged = false,
}: {
  hidesFirst: number;
  status: number;
  detail?: string;
  isManaged?: boolean;
}) {
  const id = '11111111-1111-4111-8111-111111111111';
  const team: ResolvedEntitlement = { kind: 'team', id, name: 'engineering' };
  let reads = 0;
  const answer = ({ method, path }: { method: string; path: string }) => {
    if (path === '/api/v2/team')
      return {
        body: { data: [{ id, attributes: { handle: 'engineering', name: 'Engineering', is_managed: isManaged } }] },
      };
    if (path === '/api/v2/roles') return { body: { data: [] } };
    if (method !== 'GET') return { status, body: { errors: [{ status: String(status), title: 'x', detail }] } };
    if (!path.endsWith('/memberships')) return { body: { data: userOf('u-1') } };
    reads += 1;
    return { body: { data: reads > hidesFirst ? [{ id: `TeamMembership-${id}-7` }] : [] } };
  };
  return { team, answer };
}
