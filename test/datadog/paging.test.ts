import { expect, test } from '@jest/globals';
import { openPair } from './pair.ts';
import { startStub, userOf, type StubAnswer } from './stub.ts';

const names = Array.from({ length: 25 }, (_, index) => `row${String(index).padStart(2, '0')}`);

interface Kind {
  readonly row: (name: string) => unknown;
  readonly meta: (total: number) => unknown;
}

const pageTotals = (total: number) => ({ page: { total_count: 900, total_filtered_count: total } });
const kinds: Readonly<Record<string, Kind>> = {
  '/api/v2/users': { row: (id) => userOf(id, { email: 'Same@example.com' }), meta: pageTotals },
  '/api/v2/roles': { row: (id) => ({ id, attributes: { name: id } }), meta: pageTotals },
  '/api/v2/team': {
    row: (id) => ({ id, attributes: { handle: id, name: id } }),
    meta: (total) => ({ pagination: { total } }),
  },
  '/api/v2/application_keys': {
    row: (id) => ({ id, attributes: { name: id }, relationships: { owned_by: { data: { id: 'u-1' } } } }),
    meta: (total) => ({ page: { total_filtered_count: total } }),
  },
  '/api/v2/api_keys': {
    row: (id) => ({ id, attributes: { name: id }, relationships: { created_by: { data: { id: 'u-1' } } } }),
    meta: (total) => ({ page: { total_filtered_count: total } }),
  },
};

/** Pages of at most `size`, whatever was asked for. */
function page(
  path: string,
  query: URLSearchParams,
  { size, isCounted }: { size: number; isCounted: boolean },
): StubAnswer {
  const kind = kinds[path];
  if (kind === undefined) return { status: 404 };
  const from = Number(query.get('page[number]')) * size;
  const data = names.slice(from, from + size).map(kind.row);
  return { body: { data, ...(isCounted ? { meta: kind.meta(names.length) } : {}) } };
}

const lists = [
  ['accounts with one e-mail', (api) => api.findAccountsByEmail('same@EXAMPLE.com')],
  ['roles', (api) => api.listRoles()],
  ['teams', (api) => api.resolve(names.map((name) => ({ kind: 'team', name })))],
  ['application keys', async (api) => (await api.listOwnedKeys('u-1')).applicationKeys],
  ['API keys', async (api) => (await api.listOwnedKeys('u-1')).apiKeys],
] as const satisfies readonly (readonly [
  string,
  (api: ReturnType<Awaited<ReturnType<typeof startStub>>['api']>) => Promise<readonly { id: string }[]>,
])[];

test.each(lists)('%s are read to the end where the server gives smaller pages than asked for', async (_, list) => {
  await using stub = await startStub(({ path, query }) => page(path, query, { size: 10, isCounted: true }));
  expect((await list(stub.api())).map(({ id }) => id)).toEqual(names);
  const asked = stub.requests.filter(({ path }) => path === stub.requests[0]?.path);
  // A list for a sync asks for its first page in two sizes before it takes so small a one.
  expect([...new Set(asked.map(({ query }) => query.get('page[number]')))]).toEqual(['0', '1', '2']);
  expect(asked.length).toBeLessThanOrEqual(4);
});

test.each(lists)('%s are read until an empty page where the server does not count', async (_, list) => {
  await using stub = await startStub(({ path, query }) => page(path, query, { size: 10, isCounted: false }));
  expect((await list(stub.api())).map(({ id }) => id)).toEqual(names);
});

test('rows that move between pages are taken once, and the reading goes on until all were seen', async () => {
  const pages = [['a', 'b'], ['b', 'c'], ['d']];
  await using stub = await startStub(({ query }) => {
    const ids = pages[Number(query.get('page[number]'))] ?? [];
    return { body: { data: ids.map((id) => ({ id, attributes: { name: id } })), meta: { page: { total_count: 4 } } } };
  });
  expect((await stub.api().listRoles()).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
});

test('a server that repeats a page forever ends the reading; a list that must be whole fails', async () => {
  await using stub = await startStub(() => ({
    body: { data: [userOf('a', { email: 'a@example.com' })], meta: { page: { total_count: 9 } } },
  }));
  expect(await stub.api().findAccountsByEmail('a@example.com')).toHaveLength(1);
  expect(stub.requests).toHaveLength(2);
  await expect(stub.api().listNhis('apiKey')).rejects.toMatchObject({
    type: 'UnexpectedResponse',
    message: 'list API keys: 9 are counted, but 1 are listed',
  });
});

test('one page of accounts says how many match, and fails where the server does not', async () => {
  await using pair = await openPair({ people: 7 });
  const { accounts, total } = await pair.api().listAccountsPage({ number: 1, size: 3 });
  expect({ read: accounts.length, total }).toEqual({ read: 3, total: 8 });
  const pending = await pair.api().listAccountsPage({ number: 0, size: 100, status: ['pending', 'disabled'] });
  expect(pending.accounts.every(({ status }) => status !== 'active')).toBe(true);
  expect(pending.total).toBe(pair.simulator.users().filter(({ status }) => status !== 'Active').length);
  await using stub = await startStub(() => ({ body: { data: [] } }));
  await expect(stub.api().listAccountsPage({ number: 0, size: 3 })).rejects.toMatchObject({
    type: 'UnexpectedResponse',
  });
});

test('the keys of one account are its own, and those that may not be listed are named', async () => {
  await using pair = await openPair({ people: 3, nhis: 30 });
  const { simulator } = pair;
  const ownerIds = [...new Set(simulator.keys.list().map(({ ownerId }) => ownerId))];
  for (const ownerId of ownerIds) {
    const owned = simulator.keys.list().filter((key) => key.ownerId === ownerId && !key.revoked);
    const keys = await pair.api().listOwnedKeys(ownerId);
    const idsOf = (kind: string) =>
      owned
        .filter((key) => key.kind === kind)
        .map(({ id }) => id)
        .toSorted();
    expect(keys.applicationKeys.map(({ id }) => id).toSorted()).toEqual(idsOf('application'));
    expect(keys.apiKeys.map(({ id }) => id).toSorted()).toEqual(idsOf('api'));
    expect(keys.notVisible).toEqual([]);
  }
  const asked = simulator.requests.list().filter(({ path }) => path === '/api/v2/application_keys');
  expect(asked.every(({ query }) => new URLSearchParams(query).has('filter[owned_by]'))).toBe(true);
  simulator.keys.setScopes(['api_keys_read']);
  expect(await pair.api().listOwnedKeys(ownerIds[0] ?? '')).toMatchObject({
    applicationKeys: [],
    notVisible: ['org_app_keys_read'],
  });
});
