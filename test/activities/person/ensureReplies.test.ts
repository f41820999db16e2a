import { expect, test } from '@jest/globals';
import type { ResolvedEntitlement } from '../../../domain/model.ts';
import { refuseWritesWhenObserving } from '../../../datadog/wrappers/readOnly.ts';
import { startStub, userOf, type Stub } from '../../datadog/stub.ts';
import { evidenceOf, follow, openWorld, type PersonActivities, type World } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder', title: 'Engineer' };

/** The account u-1 of p-1 in a Datadog that replies as no simulator does. */
async function onStub(stub: Stub): Promise<World> {
  const world = await openWorld({}, () => stub.client);
  await world.inventory.bindAccount('p-1', 'u-1', new Date().toISOString());
  await world.tell({ email: 'u-1@example.com' });
  const { kind, name } = world.team;
  await world.inventory.inTransaction((trx) => trx.forgetEntitlementId({ kind, name }));
  await world.inventory.rememberEntitlementIds([{ kind, name, id: teamId }], new Date().toISOString());
  return world;
}

const teamId = '11111111-1111-4111-8111-111111111111';

const once = <T>(world: World, use: (activities: PersonActivities) => Promise<T>): Promise<T> => world.attempt(1, use);

/** A refusal leaves nothing noted, so that what somebody else did later is not taken for Muster's. */
async function expectNothingWritten(world: World): Promise<void> {
  expect(await evidenceOf(world)).toEqual([]);
  expect(await world.inventory.listOpenWrites('p-1')).toEqual([]);
}

async function withAccount(world: World): Promise<string> {
  const { id } = await once(world, (muster) => muster.createAccount(because));
  world.simulator.requests.reset();
  return id;
}

test('attributes are written only where they differ', async () => {
  await using world = await openWorld({ word: ada, httpMs: 10_000 });
  const id = await withAccount(world);
  await follow(world, id, { ...ada, email: 'ADA@example.com' });
  expect(world.simulator.requests.count('PATCH')).toBe(0);
  const after = { email: 'ada.oak@example.com', title: 'Manager', name: 'Ada Alder' };
  expect(await follow(world, id, after)).toMatchObject({ id, differing: [] });
  expect(await world.api().getAccount(id)).toMatchObject(after);
  expect((await world.inventory.listEvidence({ personId: 'p-1', limit: 9, offset: 0 })).at(-1)).toMatchObject({
    before: { id, email: 'ada@example.com', title: 'Engineer', name: 'Ada Alder' },
    after: { id, ...after },
  });
});

test('a name that had to be cut counts as equal from then on', async () => {
  await using world = await openWorld({ word: ada, httpMs: 10_000 });
  const id = await withAccount(world);
  const name = `<b>${'Wolfeschlegelsteinhausen '.repeat(4)}`;
  const longer = 'Ada '.repeat(30);
  for (const wanted of [name, name, longer, longer]) await follow(world, id, { ...ada, name: wanted });
  expect(world.simulator.requests.count('PATCH')).toBe(2);
});

test('an account is disabled once, and enabled once', async () => {
  await using world = await openWorld({ word: ada, httpMs: 10_000 });
  const id = await withAccount(world);
  const leave = await world.leave(id);
  world.simulator.requests.reset();
  for (let again = 0; again < 2; again += 1) await once(world, (muster) => muster.disableAccount(id, leave));
  expect(world.simulator.requests.count('DELETE')).toBe(1);
  const rehire = await world.comeBack(ada);
  for (let again = 0; again < 2; again += 1)
    expect(await once(world, (muster) => muster.enableAccount(id, rehire))).toMatchObject({ status: 'pending' });
  expect(world.simulator.requests.count('PATCH')).toBe(1);
  expect(await evidenceOf(world)).toEqual(['createAccount', 'disableAccount', 'enableAccount']);
});

test('a role and a team are assigned once and removed once', async () => {
  await using world = await openWorld({ word: ada, httpMs: 10_000 });
  const id = await withAccount(world);
  const { role, team, simulator } = world;
  const both = [role, role, team, team];
  for (const one of both) await once(world, (muster) => muster.grant(id, one, because));
  expect(await world.api().getAccess(id)).toMatchObject({ roles: [role], teams: [team] });
  const leave = await world.leave();
  for (const one of both) await once(world, (muster) => muster.revoke(id, one, leave));
  expect(await world.api().getAccess(id)).toMatchObject({ roles: [], teams: [] });
  expect(simulator.requests.count('POST', /roles|memberships/)).toBe(2);
  expect(simulator.requests.count('DELETE')).toBe(2);
});

test('each write takes one reading before it', async () => {
  await using world = await openWorld({ word: ada, httpMs: 10_000 });
  const id = await withAccount(world);
  await once(world, (muster) => muster.grant(id, world.role, because));
  const path = `/api/v2/users/${id}`;
  expect(world.simulator.requests.list().map((request) => `${request.method} ${request.path}`)).toEqual([
    `GET ${path}`,
    `GET /api/v2/roles/${world.role.id}/permissions`,
    `POST /api/v2/roles/${world.role.id}/users`,
    `GET ${path}`,
  ]);
});

test('nothing to cancel is a success that leaves no evidence', async () => {
  await using stub = await startStub(() => ({ status: 404, body: { errors: ['not found'] } }));
  await using world = await onStub(stub);
  await once(world, (muster) => muster.cancelInvitations('u-1', because));
  expect(stub.requests.map(({ method }) => method)).toEqual(['DELETE']);
  await expectNothingWritten(world);
});

test('an account that somebody else disables in between is a success that leaves no evidence', async () => {
  let reads = 0;
  await using stub = await startStub(({ method, path }) => {
    if (method === 'DELETE') return { status: 404, body: { errors: ['u-1 not found'] } };
    if (path === '/api/v2/current_user') return { body: { data: userOf('u-2') } };
    reads += 1;
    return { body: { data: userOf('u-1', reads === 1 ? {} : { status: 'Disabled', disabled: true }) } };
  });
  await using world = await onStub(stub);
  const leave = await world.leave();
  await once(world, (muster) => muster.disableAccount('u-1', leave));
  expect(stub.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  await expectNothingWritten(world);
});

test.each([
  ['was accepted', 204],
  ['says that it is so already', 404],
])('a disabling that %s but does not read back is tried again', async (_, status) => {
  await using stub = await startStub(({ method, path }) =>
    method === 'DELETE' ? { status, body: '' } : { body: { data: userOf(path.endsWith('user') ? 'u-2' : 'u-1') } },
  );
  await using world = await onStub(stub);
  const leave = await world.leave();
  await expect(once(world, (muster) => muster.disableAccount('u-1', leave))).rejects.toMatchObject({
    type: 'UnexpectedResponse',
    message: 'account u-1 does not read back as disabled yet',
  });
});

test('an enabling that leaves the account disabled is tried again', async () => {
  await using stub = await startStub(() => ({ body: { data: userOf('u-1', { status: 'Disabled', disabled: true }) } }));
  await using world = await onStub(stub);
  const leave = await world.leave();
  const step = { step: 'disableAccount', at: new Date().toISOString(), actor: 'hr', action: 'disable account' };
  await world.inventory.appendEvidence({ ...leave, ...step });
  const access = { roles: [], teams: [] };
  await world.inventory.recordAccessBefore({ ...leave, accountId: 'u-1', at: step.at, access });
  const rehire = await world.comeBack({ email: 'u-1@example.com' });
  await expect(once(world, (muster) => muster.enableAccount('u-1', rehire))).rejects.toMatchObject({
    type: 'UnexpectedResponse',
  });
});

test('a membership granted by somebody else in between is a success that leaves no evidence', async () => {
  const { answer, team } = memberships({ hidesFirst: 1, status: 409, detail: 'users already present on the team' });
  await using stub = await startStub(answer);
  await using world = await onStub(stub);
  expect(await once(world, (muster) => muster.grant('u-1', team, because))).toEqual({ given: true });
  await expectNothingWritten(world);
});

test('a membership that is there already but does not read back yet is tried again', async () => {
  const { answer, team } = memberships({ hidesFirst: 9, status: 409, detail: 'users already present on the team' });
  await using stub = await startStub(answer);
  await using world = await onStub(stub);
  await expect(once(world, (muster) => muster.grant('u-1', team, because))).rejects.toMatchObject({
    type: 'UnexpectedResponse',
  });
});

test('a membership that contradicts something else is a conflict', async () => {
  const { answer, team } = memberships({ hidesFirst: 9, status: 409, detail: 'the team is full' });
  await using stub = await startStub(answer);
  await using world = await onStub(stub);
  await expect(once(world, (muster) => muster.grant('u-1', team, because))).rejects.toMatchObject({ type: 'Conflict' });
});

test('a role that still reads as held after a 404 has not been taken', async () => {
  const role = { kind: 'role', id: 'r-1', name: 'Admin' } as const;
  const user = { ...userOf('u-1'), relationships: { roles: { data: [{ id: 'r-1' }] } } };
  await using stub = await startStub(({ method }) =>
    method === 'DELETE' ? { status: 404, body: { errors: ['not found'] } } : { body: { data: user } },
  );
  await using world = await onStub(stub);
  const leave = await world.leave();
  await expect(once(world, (muster) => muster.revoke('u-1', role, leave))).rejects.toMatchObject({
    type: 'UnexpectedResponse',
  });
});

test.each(['role', 'team'] as const)('an account that goes away meanwhile holds no %s', async (kind) => {
  let isGone = false;
  const user = { ...userOf('u-1'), relationships: { roles: { data: [{ id: 'r-1' }] } } };
  const { answer, team } = memberships({ hidesFirst: 0, status: 404 });
  await using stub = await startStub((request) => {
    if (request.method === 'DELETE') isGone = true;
    if (isGone) return { status: 404, body: { errors: ['not found'] } };
    return request.path === '/api/v2/users/u-1' ? { body: { data: user } } : answer(request);
  });
  await using world = await onStub(stub);
  const held = kind === 'team' ? team : ({ kind, id: 'r-1', name: 'Admin' } as const);
  const leave = await world.leave();
  await once(world, (muster) => muster.revoke('u-1', held, leave));
  expect(isGone).toBe(true);
  await expectNothingWritten(world);
});

test('a team that is managed outside is never written', async () => {
  const { answer, team } = memberships({ hidesFirst: 9, status: 200, isManaged: true });
  await using stub = await startStub(answer);
  await using world = await onStub(stub);
  await expect(once(world, (muster) => muster.grant('u-1', team, because))).rejects.toMatchObject({
    type: 'Conflict',
    message: expect.stringContaining('team engineering is managed outside Datadog'),
  });
  const { answer: whereHeld } = memberships({ hidesFirst: 0, status: 200, isManaged: true });
  await using other = await startStub(whereHeld);
  await using second = await onStub(other);
  await expect(once(second, (muster) => muster.revoke('u-1', team, because))).rejects.toMatchObject({
    type: 'Conflict',
  });
  expect([...stub.requests, ...other.requests].every(({ method }) => method === 'GET')).toBe(true);
  expect((await other.api().getAccess('u-1'))?.teams).toEqual([{ ...team, isManaged: true }]);
});

test('a write that observe mode refuses leaves nothing noted', async () => {
  await using world = await openWorld({ word: ada }, (client) =>
    refuseWritesWhenObserving(client, () => ({ mode: 'observe' })),
  );
  const observed = world.attempt(1, (muster) => muster.createAccount(because));
  await expect(observed).rejects.toMatchObject({ type: 'Observing', nonRetryable: true });
  await expectNothingWritten(world);
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
  const id = teamId;
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
