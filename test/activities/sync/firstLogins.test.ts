import { expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createSyncActivities } from '../../../activities/sync/runs.ts';
import { withCalls } from '../../../datadog/wrappers/replaceCalls.ts';
import { DatadogFailure } from '../../../datadog/failures.ts';
import type { DatadogClient } from '../../../datadog/types.ts';
import { activeAccount } from '../../support/employees.ts';
import { openWorld, type World } from '../../datadog/world.ts';

/** Long before now: time passes in the simulator's organization, not here. */
const since = '2020-01-01T00:00:00.000Z';

async function awaitPeople({ inventory }: World, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await inventory.awaitLogin(`p-${index}`, emailOf(index), since);
}

const emailOf = (index: number): string => `p${String(index).padStart(4, '0')}@example.com`;

/** The same organization, whose list comes in another order. */
const unordered = ({ client }: World): DatadogClient => ({
  ...client,
  attempt(options) {
    const api = client.attempt(options);
    return withCalls(api, {
      async listAccountsPage(page) {
        const { accounts, ...rest } = await api.listAccountsPage(page);
        return { ...rest, accounts: accounts.toReversed() };
      },
    });
  },
});

/** One light pass: whom it told of which account, and what it asked. */
async function pass({ inventory, client, policy }: World, datadog: DatadogClient = client) {
  const told: string[] = [];
  const { scanPending } = createSyncActivities({
    datadog,
    inventory,
    policy: () => policy,
    signals: {
      activated: async (personId, accountId) => told.push(`${personId} ${accountId}`) > 0,
      submit: async () => undefined,
      look: async () => undefined,
      hasOpenRun: async () => true,
    },
  });
  const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 60_000 });
  const { requests }: { readonly requests: number } = await environment.run(() => scanPending());
  return { told: told.toSorted(), requests };
}

test('a light pass finds the few of a thousand who have logged in, with few requests', async () => {
  await using world = await openWorld({ people: 300, seed: 5 });
  await awaitPeople(world, 1_000);
  const { requests, told } = await pass(world);
  expect(told).toEqual([]);
  expect(requests).toBeLessThanOrEqual(10);
  const [first, last] = [
    await activeAccount(world.simulator, emailOf(0)),
    await activeAccount(world.simulator, emailOf(999)),
  ];
  const second = await pass(world);
  expect(second.told).toEqual([`p-0 ${first}`, `p-999 ${last}`]);
  expect(second.requests).toBeLessThanOrEqual(10);
});

test('a pass reads only as far back as somebody last looked', async () => {
  await using world = await openWorld({ people: 1_500, seed: 5 });
  await awaitPeople(world, 1);
  const { requests: all } = await pass(world);
  const made = await activeAccount(world.simulator, emailOf(0));
  const { requests: some, told } = await pass(world);
  expect(told).toEqual([`p-0 ${made}`]);
  expect(some).toBeLessThan(all);
});

test('where the list comes in another order a few are looked up by turns', async () => {
  await using world = await openWorld({ people: 30, seed: 5 });
  await awaitPeople(world, 12);
  // In the order of their ids: 0, 1, 10, 11, 2 and so on.
  const made = await activeAccount(world.simulator, emailOf(9));
  const passes = [];
  for (let index = 0; index < 3; index += 1) passes.push(await pass(world, unordered(world)));
  expect(passes.map(({ told }) => told)).toEqual([[], [], [`p-9 ${made}`]]);
  for (const { requests } of passes) expect(requests).toBeLessThanOrEqual(10);
});

test('a wait for the first login asks nothing at first, then ends with an account or a conflict', async () => {
  await using world = await openWorld();
  for (const personId of ['p-1', 'p-2']) await world.tell({ email: 'Sam@Example.com' }, personId);
  const wait = (attempt: number, personId: string) =>
    world.attempt(attempt, (muster) => muster.awaitFirstLogin(personId, 'e-1'));
  world.simulator.requests.reset();
  await expect(wait(1, 'p-1')).rejects.toMatchObject({ type: 'StillPending' });
  expect(world.simulator.requests.count()).toBe(0);
  expect(await world.inventory.listAwaitedLogins()).toMatchObject([{ personId: 'p-1', email: 'sam@example.com' }]);
  await expect(wait(2, 'p-1')).rejects.toMatchObject({ type: 'StillPending' });
  await activeAccount(world.simulator, 'sam@example.com');
  await wait(3, 'p-1');
  expect(await world.inventory.listAwaitedLogins()).toEqual([]);
  await wait(2, 'p-2');
});

const refusals = [
  { status: 400, body: { errors: ['not this one'] } },
  { status: 403, body: { errors: ['not this one'] } },
  { status: 200, body: { data: [{ id: 'odd' }], meta: { page: { total_count: 1, total_filtered_count: 1 } } } },
];

test.each(refusals)('one account that Datadog does not show ($status) keeps nobody else waiting', async (reply) => {
  await using world = await openWorld({ people: 30, seed: 5 });
  const { simulator, inventory } = world;
  for (const personId of ['i-0', 'i-1']) {
    const accountId = await activeAccount(simulator, `${personId}@example.com`);
    await inventory.bindAccount(personId, accountId, since);
    await inventory.recordInvitation({ personId, accountId, invitationId: 'i', sentAt: since, expiresAt: since });
  }
  await awaitPeople(world, 2);
  const made = await activeAccount(simulator, emailOf(1));
  const [first, second] = await inventory.listPending();
  simulator.faults.add({ kind: 'reply', match: { path: `/users/${first?.accountId}$` }, reply });
  const { told } = await pass(world, refusing(world, emailOf(0)));
  expect(told).toEqual([`${second?.personId} ${second?.accountId}`, `p-1 ${made}`]);
});

/** The same, which does not search for this address. */
const refusing = (world: World, address: string): DatadogClient => {
  const client = unordered(world);
  return {
    ...client,
    attempt(options) {
      const api = client.attempt(options);
      return withCalls(api, {
        async findAccountsByAddress(email) {
          if (email === address) throw new DatadogFailure('InvalidRequest', 'not this one');
          return api.findAccountsByAddress(email);
        },
      });
    },
  };
};
