import { expect, test } from '@jest/globals';
import { ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { DatadogClient } from '../../../datadog/types.ts';
import { entitlementKey } from '../../../domain/access/plan.ts';
import { drive, failureOf } from '../../datadog/pair.ts';
import { evidenceOf, follow, openWorld, type PersonActivities, type World } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder' };

const adas = ({ simulator }: World) => simulator.users().filter(({ email }) => email === ada.email);

/** What a repeated activity ends with. */
const driven = <T>(world: World, use: (activities: PersonActivities) => Promise<T>): Promise<T> =>
  drive((attempt) => world.attempt(attempt, use));

async function withAccount(world: World): Promise<string> {
  const { id } = await world.attempt(1, (muster) => muster.createAccount(because));
  return id;
}

test('an account whose creation was answered to nobody is found, bound and evident once', async () => {
  await using world = await openWorld({ word: ada, httpMs: 3_000 });
  world.simulator.faults.add({ kind: 'lostReply', match: { method: 'POST', path: '/users$' }, times: 1 });
  const account = await driven(world, (muster) => muster.createAccount(because));
  expect(adas(world).map(({ id }) => id)).toEqual([account.id]);
  expect(world.simulator.requests.count('POST', '/api/v2/users')).toBe(1);
  expect((await world.inventory.findPerson('p-1'))?.accountId).toBe(account.id);
  expect(await evidenceOf(world)).toEqual(['createAccount']);
  const [row] = await world.inventory.listEvidence({ personId: 'p-1', limit: 1, offset: 0 });
  expect(row).toMatchObject({ ...because, action: 'create account', after: { id: account.id, status: 'pending' } });
});

test('an account that was there before, even disabled, is taken without evidence of a creation', async () => {
  await using world = await openWorld({ word: ada });
  const { id } = await world.api().createAccount(ada);
  await world.api().disableAccount(id);
  const account = await world.attempt(1, (muster) => muster.createAccount(because));
  expect(account).toMatchObject({ id, status: 'disabled', isFound: true });
  expect(await world.inventory.personBoundTo(id)).toBe('p-1');
  expect(await evidenceOf(world)).toEqual([]);
});

test('an address that only a handle keeps is a conflict, and nothing is bound', async () => {
  await using world = await openWorld({ word: ada });
  const { id } = await world.api().createAccount(ada);
  await world.api().updateAccount(id, { email: 'somebody.else@example.com' });
  await expect(driven(world, (muster) => muster.createAccount(because))).rejects.toMatchObject({
    type: 'CorrelationConflict',
    nonRetryable: true,
  });
  expect(await world.inventory.personBoundTo(id)).toBeUndefined();
});

test('a person who left is not given the account that is bound to somebody else', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const other = { personId: 'p-2', eventId: 'e-1:2' };
  await world.tell(ada, 'p-2');
  await expect(driven(world, (muster) => muster.createAccount(other))).rejects.toMatchObject({
    type: 'CorrelationConflict',
    message: `account ${id} is bound to person p-1`,
    nonRetryable: true,
  });
  await expect(driven(world, (muster) => muster.correlateAccount(other))).rejects.toMatchObject({
    type: 'CorrelationConflict',
  });
});

test('the one human account with the e-mail is bound, whatever service accounts share it', async () => {
  await using world = await openWorld(
    { word: { ...ada, email: 'ADA@example.com' } },
    withFound(2, { isServiceAccount: true }),
  );
  const { id } = await world.api().createAccount(ada);
  const { account } = await world.attempt(1, (muster) => muster.correlateAccount(because));
  expect(account?.id).toBe(id);
  expect(await world.inventory.personBoundTo(id)).toBe('p-1');
});

test('two human accounts with the e-mail are nobody’s', async () => {
  await using world = await openWorld({ word: ada }, withFound(2));
  const { id } = await world.api().createAccount(ada);
  await expect(driven(world, (muster) => muster.correlateAccount(because))).rejects.toMatchObject({
    type: 'CorrelationConflict',
    message: expect.stringContaining(`${id} and copy-1`),
  });
  expect(await world.inventory.personBoundTo(id)).toBeUndefined();
});

test('a bound account is read by its id, whatever its e-mail', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  await world.api().updateAccount(id, { email: 'ada.oak@example.com' });
  const found = await world.attempt(1, (muster) => muster.correlateAccount(because));
  expect(found.account).toMatchObject({ id, differing: ['email'] });
  const nobody = { personId: 'p-3', eventId: 'e-3' };
  expect(await world.attempt(1, (muster) => muster.correlateAccount(nobody))).toEqual({});
  await world.tell({ email: 'new@example.com' }, 'p-3');
  expect(await world.attempt(1, (muster) => muster.correlateAccount(nobody))).toEqual({});
});

test('a grant and its revocation are evident exactly once, however often they are repeated', async () => {
  await using world = await openWorld({ word: ada });
  const { role, team } = world;
  const id = await withAccount(world);
  for (const entitlement of [role, team]) {
    world.simulator.faults.add({ kind: 'lostReply', match: { method: 'POST', path: 'roles|memberships' }, times: 2 });
    for (let again = 0; again < 3; again += 1) await driven(world, (muster) => muster.grant(id, entitlement, because));
  }
  const held = await world.attempt(1, (muster) => muster.readHoldings(because, id));
  expect(held?.managed.toSorted()).toEqual([entitlementKey(role), entitlementKey(team)].toSorted());
  expect(held?.access).toMatchObject({ roles: [role], teams: [team] });
  const leave = await world.leave();
  for (const entitlement of [role, team]) {
    world.simulator.faults.add({ kind: 'lostReply', match: { method: 'DELETE' }, times: 2 });
    for (let again = 0; again < 3; again += 1) await driven(world, (muster) => muster.revoke(id, entitlement, leave));
  }
  expect(await evidenceOf(world)).toEqual([
    'createAccount',
    `grant:${entitlementKey(role)}`,
    `grant:${entitlementKey(team)}`,
    `revoke:${entitlementKey(role)}`,
    `revoke:${entitlementKey(team)}`,
  ]);
  expect(await world.inventory.listGrants({ personId: 'p-1', open: true, limit: 9, offset: 0 })).toEqual([]);
  expect(adas(world)).toMatchObject([{ roles: [], teams: [] }]);
});

test('a state that was there before is no evidence of Muster', async () => {
  await using world = await openWorld({ word: ada });
  const { id } = await world.api().createAccount(ada);
  await world.inventory.bindAccount(because.personId, id, new Date().toISOString());
  await world.api().assign(id, world.role);
  await world.attempt(1, (muster) => muster.grant(id, world.role, because));
  await world.attempt(1, (muster) => muster.revoke(id, world.team, because));
  await follow(world, id, ada);
  await world.attempt(1, (muster) => muster.enableAccount(id, because));
  expect(await evidenceOf(world)).toEqual([]);
});

test('a write whose evidence could not be stored is evident after the next attempt', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const endWrite = world.inventory.endWrite.bind(world.inventory);
  let isBroken = true;
  world.inventory.endWrite = async (...args) => {
    if (isBroken) throw new Error('the disk is full');
    await endWrite(...args);
  };
  const leave = await world.leave();
  await expect(world.attempt(1, (muster) => muster.disableAccount(id, leave))).rejects.toThrow('disk is full');
  isBroken = false;
  await world.attempt(2, (muster) => muster.disableAccount(id, leave));
  expect(await evidenceOf(world)).toEqual(['createAccount', 'disableAccount']);
  expect(world.simulator.requests.count('DELETE')).toBe(1);
});

test('an invited person is watched until the account is disabled, cancelled invitations or not', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const invitation = await driven(world, (muster) => muster.sendInvitation(id, because, 1));
  expect(await world.inventory.listPending()).toMatchObject([
    { personId: 'p-1', accountId: id, invitationId: invitation.id, expiresAt: invitation.expiresAt },
  ]);
  await driven(world, (muster) => muster.cancelInvitations(id, because));
  expect(await world.inventory.listPending()).toHaveLength(1);
  const leave = await world.leave();
  await driven(world, (muster) => muster.disableAccount(id, leave));
  expect(await world.inventory.listPending()).toEqual([]);
});

test('waiting for the acceptance asks nothing at first, and then until the person is active', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  await world.attempt(1, (muster) => muster.sendInvitation(id, because, 1));
  const sent = world.simulator.requests.count();
  const stillPending = { type: 'StillPending', category: ApplicationFailureCategory.BENIGN, nonRetryable: false };
  const wait = (attempt: number) => world.attempt(attempt, (muster) => muster.awaitAcceptance(id));
  expect(await failureOf(wait(1))).toMatchObject(stillPending);
  expect(world.simulator.requests.count()).toBe(sent);
  expect(await failureOf(wait(2))).toMatchObject(stillPending);
  world.simulator.accept(id);
  await wait(3);
  expect(world.simulator.requests.count()).toBe(sent + 2);
});

test('an attempt that hangs has ended two seconds before the server gives it up', async () => {
  await using world = await openWorld({ word: ada });
  world.simulator.faults.add({ kind: 'hang' });
  const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 2_200 });
  const from = performance.now();
  const failure = await failureOf(environment.run(() => world.activities.enableAccount('u-1', because)));
  expect(performance.now() - from).toBeLessThan(1_500);
  expect(failure).toMatchObject({ type: 'DatadogUnavailable' });
});

test('a cancelled activity ends as cancelled, in the middle of a request', async () => {
  await using world = await openWorld({ word: ada });
  world.simulator.faults.add({ kind: 'hang' });
  const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 15_000 });
  const failing = failureOf(environment.run(() => world.activities.enableAccount('u-1', because)));
  while (world.simulator.requests.count('GET', /u-1/) === 0) await new Promise((resolve) => setImmediate(resolve));
  environment.cancel('CANCELLED');
  expect(await failing).toBeInstanceOf(CancelledFailure);
});

test('a write whose reply was lost before the key was refused is evident once the key is mended', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const { faults } = world.simulator;
  const grant = (attempt: number) => world.attempt(attempt, (muster) => muster.grant(id, world.role, because));
  faults.add({ kind: 'lostReply', match: { method: 'POST' }, times: 1 });
  await failureOf(grant(1));
  faults.add({ kind: '403', match: { method: 'GET', path: '/users/' }, times: 1 });
  await failureOf(grant(2));
  await grant(1);
  expect(await evidenceOf(world)).toContain(`grant:${entitlementKey(world.role)}`);
});

test('the evidence of grants and removals names the policy in force', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const { personId } = because;
  await world.attempt(1, (muster) => muster.grant(id, world.role, because));
  const leave = await world.leave();
  await world.attempt(1, (muster) => muster.revoke(id, world.role, leave));
  const entries = await world.inventory.listEvidence({ personId, limit: 10, offset: 0 });
  expect(entries.map(({ action, policyHash }) => [action, policyHash])).toEqual([
    ['create account', undefined],
    ['assign role', world.policyHash],
    ['remove role', world.policyHash],
  ]);
});

test('a change by somebody else while the first attempt failed is no evidence of Muster', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const { faults } = world.simulator;
  const leave = await world.leave();
  const disable = (attempt: number) => world.attempt(attempt, (muster) => muster.disableAccount(id, leave));
  // Not even asked, and then refused.
  faults.add({ kind: '500', match: { method: 'GET', path: '/users/' }, times: 1 });
  await failureOf(disable(1));
  faults.add({ kind: '403', match: { method: 'DELETE', path: '/users/' }, times: 1 });
  await failureOf(disable(2));
  world.simulator.disable(id);
  await disable(1);
  expect(await evidenceOf(world)).toEqual(['createAccount']);
});

test('a write of a process that ended midway is evident once the account is read again', async () => {
  await using world = await openWorld({ word: ada });
  const { role, team, inventory } = world;
  const id = await withAccount(world);
  for (const entitlement of [role, team]) {
    world.simulator.faults.add({ kind: 'lostReply', match: { method: 'POST' }, times: 1 });
    await failureOf(world.attempt(1, (muster) => muster.grant(id, entitlement, because)));
  }
  world.simulator.faults.add({ kind: 'lostReply', match: { method: 'PATCH' }, times: 1 });
  await world.tell({ ...ada, name: 'Ada Oak' });
  await failureOf(world.attempt(1, (muster) => muster.updateAccount(id, ['name'], because)));
  expect(await evidenceOf(world)).toEqual(['createAccount']);
  const held = await world.attempt(1, (muster) => muster.readHoldings(because, id));
  // It counts as granted by Muster, so that it can be taken away again.
  expect(held?.managed.toSorted()).toEqual([entitlementKey(role), entitlementKey(team)].toSorted());
  await world.attempt(1, (muster) => muster.readHoldings(because, id));
  const links = await inventory.listEvidence({ personId: 'p-1', limit: 10, offset: 0 });
  expect(links.slice(1)).toMatchObject([
    { step: `grant:${entitlementKey(role)}`, lostReply: 'readBack', ...because },
    { step: `grant:${entitlementKey(team)}`, lostReply: 'readBack' },
    { step: 'updateAccount', lostReply: 'readBack', before: { name: ada.name } },
  ]);
  expect(links).toHaveLength(4);
  expect(await inventory.listOpenWrites('p-1')).toEqual([]);
});

test('a write that did not happen leaves no evidence, and is forgotten once readings are current', async () => {
  await using world = await openWorld({ word: ada });
  const { inventory, role } = world;
  const id = await withAccount(world);
  world.simulator.faults.add({ kind: '500', match: { method: 'POST' }, times: 1 });
  await failureOf(world.attempt(1, (muster) => muster.grant(id, role, because)));
  const read = () => world.attempt(1, (muster) => muster.readHoldings(because, id));
  await read();
  const [open] = await inventory.listOpenWrites('p-1');
  expect(open).toMatchObject({ accountId: id, asked: 1, step: `grant:${entitlementKey(role)}` });
  const askedAt = new Date(Date.parse(open?.askedAt ?? '') - 120_000).toISOString();
  const { listOpenWrites } = inventory;
  inventory.listOpenWrites = async () => (open === undefined ? [] : [{ ...open, askedAt }]);
  await read();
  inventory.listOpenWrites = listOpenWrites;
  expect(await inventory.listOpenWrites('p-1')).toEqual([]);
  // Granted manually, later: Muster does not count it as its own.
  await world.api().assign(id, role);
  expect(await evidenceOf(world)).toEqual(['createAccount']);
  expect((await read())?.managed).toEqual([]);
});

test('two changes of an account for one event are both evident, with before and after', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  for (const name of ['Ada Oak', 'Ada Alder', 'Ada Oak']) await follow(world, id, { ...ada, name });
  const links = await world.inventory.listEvidence({ personId: 'p-1', limit: 10, offset: 0 });
  expect(links.slice(1)).toMatchObject([
    { step: 'updateAccount', before: { name: 'Ada Alder' }, after: { name: 'Ada Oak' } },
    { step: 'updateAccount#2', before: { name: 'Ada Oak' }, after: { name: 'Ada Alder' } },
    { step: 'updateAccount#3', before: { name: 'Ada Alder' }, after: { name: 'Ada Oak' } },
  ]);
});

/** The invitation that is out lives for an hour still. */
async function endSoon({ inventory }: World): Promise<void> {
  const [pending] = await inventory.listPending('p-1');
  if (pending === undefined) throw new Error('nobody is invited');
  await inventory.recordInvitation({ ...pending, expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
}

test('an invitation is sent again near its end or for a new e-mail, however often it is asked', async () => {
  await using world = await openWorld({ word: ada, httpMs: 5_000 });
  const id = await withAccount(world);
  const sent = () => world.simulator.requests.count('POST', '/api/v2/user_invitations');
  const invite = (round: number) => world.attempt(1, (muster) => muster.sendInvitation(id, because, round));
  for (const round of [1, 1, 2, 3, 99]) await invite(round);
  expect(sent()).toBe(1);
  await endSoon(world);
  for (const round of [2, 2, 3]) await invite(round);
  expect(sent()).toBe(2);
  await follow(world, id, { ...ada, email: 'ada.new@example.com' });
  for (const round of [3, 4, 5]) await invite(round);
  expect(sent()).toBe(3);
});

test('every link of a write says what was before and what after', async () => {
  await using world = await openWorld({ word: ada });
  const id = await withAccount(world);
  const { role } = world;
  await driven(world, (muster) => muster.sendInvitation(id, because, 1));
  await endSoon(world);
  world.simulator.faults.add({ kind: 'lostReply', match: { method: 'POST', path: 'user_invitations' }, times: 1 });
  await driven(world, (muster) => muster.sendInvitation(id, because, 2));
  await driven(world, (muster) => muster.grant(id, role, because));
  await driven(world, (muster) => muster.cancelInvitations(id, because));
  const leave = await world.leave(id);
  world.simulator.faults.add({ kind: 'lostReply', match: { method: 'DELETE', path: '/users/' }, times: 1 });
  await driven(world, (muster) => muster.disableAccount(id, leave));
  await driven(world, (muster) => muster.revoke(id, role, leave));
  const rehire = await world.comeBack(ada);
  await driven(world, (muster) => muster.enableAccount(id, rehire));
  const links = await world.inventory.listEvidence({ personId: 'p-1', limit: 20, offset: 0 });
  const invited = { accountId: id, id: expect.any(String), expiresAt: expect.any(String) };
  expect(links.map(({ step, before, after, lostReply }) => ({ step, before, after, lostReply }))).toEqual([
    { step: 'createAccount', before: null, after: { id, status: 'pending', roleIds: [] }, lostReply: undefined },
    { step: 'sendInvitation:1', before: null, after: invited, lostReply: undefined },
    {
      step: 'sendInvitation:2',
      before: expect.objectContaining({ accountId: id, invitationId: expect.any(String) }),
      after: { accountId: id },
      lostReply: 'unknown',
    },
    {
      step: `grant:${entitlementKey(role)}`,
      before: { accountId: id, held: false },
      after: { accountId: id, ...role, rules: ['everyone'] },
      lostReply: undefined,
    },
    {
      step: 'cancelInvitations',
      before: expect.objectContaining({ accountId: id, invitationId: expect.any(String) }),
      after: { accountId: id, invitations: [] },
      lostReply: undefined,
    },
    {
      step: 'disableAccount',
      before: { id, status: 'pending', roleIds: [role.id] },
      after: { id, status: 'disabled', roleIds: [role.id] },
      lostReply: 'readBack',
    },
    {
      step: `revoke:${entitlementKey(role)}`,
      before: { accountId: id, ...role },
      after: { accountId: id, held: false },
      lostReply: undefined,
    },
    {
      step: 'enableAccount',
      before: { id, status: 'disabled', roleIds: [] },
      after: { id, status: 'pending', roleIds: [] },
      lostReply: undefined,
    },
  ]);
});

/** The first account found by e-mail, so many times: the simulator keeps humans' addresses apart. */
function withFound(copies: number, change: { isServiceAccount?: boolean } = {}) {
  return (client: DatadogClient): DatadogClient => ({
    ...client,
    [Symbol.asyncDispose]: () => client.close(),
    attempt(options) {
      const api = client.attempt(options);
      return {
        ...api,
        requests: 0,
        async findAccountsByAddress(address) {
          const [first] = await api.findAccountsByAddress(address);
          if (first === undefined) return [];
          return Array.from({ length: copies }, (_, index) =>
            index === 0 ? first : { ...first, id: `copy-${index}`, ...change },
          );
        },
      };
    },
  });
}
