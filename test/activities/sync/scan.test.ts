import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { DatadogClient } from '../../../datadog/types.ts';
import { openInventory } from '../../support/inventory.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { createAccountScan } from '../../../activities/sync/accounts.ts';
import { createKindScans } from '../../../activities/sync/lists.ts';
import { openPair, type Pair } from '../../datadog/pair.ts';

const pageSize = 7;
let pair: Pair;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-scan-'));
  pair = await openPair({ people: 60, nhis: 30, seed: 3 });
});
afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

/** After so many calls the process is gone: nothing that follows is written. */
function dyingAfter(calls: number): DatadogClient {
  let left = calls;
  const { client } = pair;
  return {
    ...client,
    attempt(options) {
      const api = client.attempt(options);
      const counted =
        <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
        async (...args: A): Promise<R> => {
          left -= 1;
          if (left < 0) throw new Error('killed');
          return call(...args);
        };
      return {
        ...api,
        get requests() {
          return api.requests;
        },
        listAccountsPage: counted(api.listAccountsPage),
        listTeamMembers: counted(api.listTeamMembers),
        listOwnedNhis: counted(api.listOwnedNhis),
      };
    },
  };
}

function activitiesOn(inventory: Inventory, datadog: DatadogClient) {
  const signals = {
    activated: async () => false,
    submit: async () => undefined,
    look: async () => undefined,
    hasOpenRun: async () => false,
  };
  return { ...createAccountScan({ datadog, inventory, signals }), ...createKindScans({ datadog, inventory }) };
}

type ScanActivities = ReturnType<typeof activitiesOn>;

/** One activity; killed and started again as often as `dying` says, with the heartbeat that the server has of it. */
async function run<T>(
  inventory: Inventory,
  use: (activities: ScanActivities) => Promise<T>,
  { killedAfter, isHeartbeatLost = false }: { killedAfter?: number; isHeartbeatLost?: boolean } = {},
): Promise<T> {
  const logger = new DefaultLogger('ERROR');
  let heartbeatDetails: unknown;
  const attempt = async (datadog: DatadogClient): Promise<T> => {
    const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 60_000, heartbeatDetails }, { logger });
    environment.on('heartbeat', (details: unknown) => {
      if (!isHeartbeatLost) heartbeatDetails = details;
    });
    const activities = activitiesOn(inventory, datadog);
    return environment.run(() => use(activities));
  };
  if (killedAfter !== undefined) await attempt(dyingAfter(killedAfter)).catch(() => undefined);
  return attempt(pair.client);
}

/** A whole scan of accounts, teams and service accounts into a new inventory: its rows, without times. */
async function scanned(name: string, how: Parameters<typeof run>[2]) {
  await using inventory = await openInventory({ file: join(home, `${name}.db`) });
  const startedAt = new Date().toISOString();
  const total = pair.simulator.users().length;
  const scan = { scanId: 'r', from: 0, pageSize, total };
  const accounts = await run(inventory, (activities) => activities.scanAccounts(scan), how);
  const closed = await run(inventory, (activities) => activities.closeAccounts('r', startedAt, accounts.total));
  await run(inventory, (activities) => activities.scanTeams());
  const members = await run(inventory, (activities) => activities.scanTeamMembers(''), how);
  const robots = await run(inventory, (activities) => activities.scanServiceAccounts(''), how);
  const all = { limit: 1_000, offset: 0 };
  const plain = ({ id, roleNames }: { id: string; roleNames?: readonly string[] }) => [id, roleNames];
  return {
    closed,
    isAll: [accounts.next, members.next, robots.next].every((next) => next === undefined),
    added: how?.isHeartbeatLost === true ? undefined : [accounts.added, members.added, robots.added],
    accounts: (await inventory.listAccounts(all)).map(plain),
    nhis: (await inventory.listNhis(all)).map(plain),
    members: (await inventory.listTeamMembers({})).map(({ teamId, accountId, isAdmin }) => [
      teamId,
      accountId,
      isAdmin,
    ]),
  };
}

test('a scan killed at any page and resumed yields the rows and counts of an undisturbed one', async () => {
  const undisturbed = await scanned('undisturbed', {});
  expect(undisturbed).toMatchObject({ isAll: true, closed: { removed: 0, isWhole: true } });
  expect(undisturbed.accounts).toHaveLength(pair.simulator.users().length);
  const pages = Math.ceil(pair.simulator.users().length / pageSize);
  for (let killedAfter = 0; killedAfter <= pages; killedAfter += 1) {
    expect(await scanned(`killed-${killedAfter}`, { killedAfter })).toEqual(undisturbed);
  }
  const lost = await scanned('lost', { killedAfter: 5, isHeartbeatLost: true });
  expect(lost).toEqual({ ...undisturbed, added: undefined });
});

test('a resumed scan does not ask again for the pages that it had written', async () => {
  await using inventory = await openInventory({ file: join(home, 'again.db') });
  const total = pair.simulator.users().length;
  pair.simulator.requests.reset();
  const scan = { scanId: 'r', from: 0, pageSize, total };
  await run(inventory, (activities) => activities.scanAccounts(scan), { killedAfter: 6 });
  expect(pair.simulator.requests.count('GET', '/api/v2/users')).toBe(Math.ceil(total / pageSize));
});

test('a scan that saw fewer than are counted closes nothing', async () => {
  await using inventory = await openInventory({ file: join(home, 'fewer.db') });
  const total = pair.simulator.users().length;
  const scan = { scanId: 'r', from: 0, pageSize, total };
  await run(inventory, (activities) => activities.scanAccounts(scan));
  const later = new Date(Date.now() + 60_000).toISOString();
  const closed = await run(inventory, (activities) => activities.closeAccounts('r', later, total + 1));
  expect(closed).toEqual({ removed: 0, isWhole: false });
});
