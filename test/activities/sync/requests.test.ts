import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { DatadogClient } from '../../../datadog/types.ts';
import { openInventory } from '../../support/inventory.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { createAccountScan } from '../../../activities/sync/accounts.ts';
import { createKindScans } from '../../../activities/sync/lists.ts';
import { openPair } from '../../datadog/pair.ts';
import { startStub, type StubAnswer } from '../../datadog/stub.ts';

let home: string;
let inventory: Inventory;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-requests-'));
  inventory = await openInventory({ file: join(home, 'inventory.db') });
});
afterEach(async () => {
  await inventory.close();
  await rm(home, { recursive: true });
});

function scansOf(datadog: DatadogClient) {
  const signals = {
    activated: async () => false,
    submit: async () => undefined,
    look: async () => undefined,
    hasOpenRun: async () => false,
  };
  const scans = {
    ...createAccountScan({ datadog, inventory, signals }),
    ...createKindScans({ datadog, inventory }),
  };
  const logger = new DefaultLogger('ERROR');
  const run = <T>(use: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment({ startToCloseTimeoutMs: 60_000 }, { logger }).run(use);
  return { scans, run };
}

/** As many activities as it takes. */
async function toTheEnd(scan: (after: string) => Promise<{ readonly next?: string; readonly requests: number }>) {
  let requests = 0;
  for (let after: string | undefined = ''; after !== undefined;) {
    const done: { readonly next?: string; readonly requests: number } = await scan(after);
    requests += done.requests;
    after = done.next;
  }
  return requests;
}

const teams = Array.from({ length: 200 }, (_, index) => `team-${String(index).padStart(3, '0')}`);
const members = Array.from({ length: 50 }, (_, index) => `user-${String(index).padStart(3, '0')}`);

/** Pages of at most 100, as documented. */
function teamsAnswer(path: string, query: URLSearchParams): StubAnswer {
  const size = Math.min(100, Number(query.get('page[size]')));
  const from = Number(query.get('page[number]')) * size;
  const paged = (data: readonly unknown[]) => ({
    body: { data: data.slice(from, from + size), meta: { pagination: { total: data.length } } },
  });
  if (path === '/api/v2/team') return paged(teams.map((id) => ({ id, attributes: { handle: id, name: id } })));
  return paged(
    members.map((id) => ({
      id: `${path}-${id}`,
      attributes: { role: null },
      relationships: { user: { data: { id, type: 'users' } } },
    })),
  );
}

test('200 teams of 50 members add at most 220 requests: one list a team, none a membership', async () => {
  await using stub = await startStub(({ path, query }) => teamsAnswer(path, query));
  const { scans, run } = scansOf(stub.client);
  const read = await run(() => scans.scanTeams());
  expect(read.teams).toBe(teams.length);
  const requests = read.requests + (await toTheEnd((after) => run(() => scans.scanTeamMembers(after))));
  expect(requests).toBe(stub.requests.length);
  expect(requests).toBeLessThanOrEqual(220);
  expect(await inventory.listTeamMembers({ all: true })).toHaveLength(teams.length * members.length);
});

test('a service account adds two requests, and none where the key may not see its keys', async () => {
  await using pair = await openPair({ people: 5, nhis: 60, seed: 3 });
  const { simulator } = pair;
  const robots = simulator.users().filter(({ serviceAccount }) => serviceAccount);
  const { scans, run } = scansOf(pair.client);
  await run(() => scans.scanAccounts({ scanId: 'r', from: 0 }));
  expect(await toTheEnd((after) => run(() => scans.scanServiceAccounts(after)))).toBe(2 * robots.length);

  simulator.keys.setScopes(['user_access_read']);
  simulator.requests.reset();
  await expect(run(() => scans.scanServiceAccounts(''))).rejects.toMatchObject({ type: 'NotAuthorized' });
  const lists = simulator.requests
    .list()
    .filter(({ path, query }) => path.includes('/service_accounts/') && query !== '');
  expect(lists).toHaveLength(1);
});
