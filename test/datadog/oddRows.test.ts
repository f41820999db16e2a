import { expect, test } from '@jest/globals';
import type { Datadog } from '../../datadog/types.ts';
import { failureOf } from './pair.ts';
import { startStub, userOf } from './stub.ts';

const whole = {
  users: userOf('u-1'),
  roles: { id: 'r-1', type: 'roles', attributes: { name: 'Readers' } },
  team: { id: 't-1', type: 'team', attributes: { handle: 'one', name: 'One' } },
  memberships: { id: 'm-1', relationships: { user: { data: { id: 'u-1' } } } },
  api_keys: { id: 'k-1', attributes: { name: 'key' } },
  org_authorized_clients: { id: 'c-1', attributes: {} },
  authn_mappings: { id: 'a-1', attributes: { attribute_key: 'team', attribute_value: 'it' } },
};

/** Each list, and the ids that it reads. */
const lists: Record<keyof typeof whole, (api: Datadog) => Promise<readonly string[]>> = {
  users: async (api) => ids((await api.listAccountsPage({ number: 0 })).accounts),
  roles: async (api) => ids(await api.listRoles()),
  team: async (api) => ids(await api.listTeams()),
  memberships: async (api) => ((await api.listTeamMembers('t-1'))?.members ?? []).map(({ accountId }) => accountId),
  api_keys: async (api) => ids(await api.listNhis('apiKey')),
  org_authorized_clients: async (api) => ids(await api.listNhis('oauthClient')),
  authn_mappings: async (api) => ids(await api.listNhis('authnMapping')).slice(0, 1),
};

const ids = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id);

/** A server with these rows in each list. */
const listing = (rows: readonly unknown[]) => {
  const meta = { page: { total_count: rows.length }, pagination: { total: rows.length } };
  return startStub(() => ({ body: { data: rows, meta } }));
};

test('an odd row of a list hides no other, and is noted by its id', async () => {
  for (const [name, read] of Object.entries(lists)) {
    const row = whole[name as keyof typeof whole];
    const odd = { id: 'odd', type: name, attributes: 'what', relationships: [] };
    await using stub = await listing([odd, row, null]);
    const api = stub.api();
    expect([name, await read(api)]).toEqual([name, ids([name === 'memberships' ? { id: 'u-1' } : row])]);
    expect([name, new Set(api.oddRows().map(({ id }) => id))]).toEqual([name, new Set(['odd', undefined])]);
  }
});

test('a list of which no row fits is no list', async () => {
  for (const read of Object.values(lists)) {
    await using stub = await listing([{ id: 1 }, { id: 2 }]);
    expect(await failureOf(read(stub.api({ deadlineMs: 300 })))).toMatchObject({ type: 'UnexpectedResponse' });
  }
});

test('a user without roles is not read, and one of tomorrow is', async () => {
  const tomorrow = userOf('u-2', { status: 'Suspended', verified: true, mood: { is: 'new' } });
  await using stub = await listing([{ ...userOf('u-1'), relationships: undefined }, tomorrow, userOf('u-3')]);
  const api = stub.api();
  const { accounts, unread } = await api.listAccountsPage({ number: 0 });
  expect(accounts.map(({ id, status }) => [id, status])).toEqual([
    ['u-2', 'active'],
    ['u-3', 'active'],
  ]);
  expect(unread).toEqual(['u-1']);
  expect(api.oddRows().map(({ id, why }) => [id, why])).toEqual([
    ['u-1', 'relationships.roles is missing'],
    ['u-2', 'attributes.status is "Suspended"'],
  ]);
});

test('a search that finds a user who cannot be read does not say that there is none', async () => {
  await using stub = await listing([{ id: 'u-1', type: 'users' }]);
  const found = stub.api().findAccountsByAddress('u-1@example.com');
  expect(await failureOf(found)).toMatchObject({ type: 'UnexpectedResponse', message: expect.stringContaining('u-1') });
});

test('a search goes on where a user who cannot be read is surely somebody else', async () => {
  const other = userOf('u-2', { email: 'mu-1@example.com', handle: 'mu-1@example.com', name: 7 });
  await using stub = await listing([userOf('u-1', { email: 'u-1@example.com' }), other]);
  const api = stub.api();
  expect(ids(await api.findAccountsByAddress('u-1@example.com'))).toEqual(['u-1']);
  expect(api.oddRows().map(({ id }) => id)).toEqual(['u-2']);
  expect(await failureOf(stub.api().findAccountsByAddress('mu-1@example.com'))).toMatchObject({
    type: 'UnexpectedResponse',
  });
});
