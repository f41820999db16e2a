import { expect, test } from '@jest/globals';
import { failureOf } from './pair.ts';
import { startStub, userOf } from './stub.ts';

const canary = 'ddapp_canary0123456789';
const answered = (data: readonly unknown[], total = data.length) => ({
  body: { data, meta: { page: { total_filtered_count: total } } },
});

/** A list that shows what it must not. */
const leakyKey = (id: string, attributes = {}) => ({
  id,
  type: 'application_keys',
  attributes: { name: 'ci', key: canary, last4: '6789', scopes: null, ...attributes },
  relationships: { owned_by: { data: { id: 'u-1' } }, leak_information: { data: { id: 'l-1' } } },
});

test('a list that shows a secret leaves it where it is, in what is read and in what is odd', async () => {
  await using stub = await startStub(({ path }) =>
    path.includes('api_keys') ? answered([leakyKey('k-1', { name: 7 })]) : answered([leakyKey('k-1')]),
  );
  const [key] = await stub.api().listNhis('applicationKey');
  expect(key).toEqual({
    id: 'k-1',
    kind: 'applicationKey',
    name: 'ci',
    ownerAccountId: 'u-1',
    scopes: null,
    last4: '6789',
    details: { isLeaked: true },
  });
  const api = stub.api();
  expect(await api.listNhis('apiKey')).toEqual([]);
  expect(api.oddRows()).toEqual([{ list: 'list API keys', id: 'k-1', why: expect.stringContaining('name') }]);
  expect(JSON.stringify(api.oddRows())).not.toContain('canary');
});

test('a page that fails is requested again, and gives up when it keeps failing', async () => {
  let left = 2;
  await using stub = await startStub(() => ((left -= 1) >= 0 ? { status: 502 } : answered([leakyKey('k-1')])));
  expect(await stub.api().listNhis('applicationKey')).toHaveLength(1);
  left = 100;
  const error = await failureOf(stub.api().listNhis('applicationKey'));
  expect(error).toMatchObject({ type: 'DatadogUnavailable', status: 502, isExhausted: true });
});

test('a list whose pages shift is read again, and taken once as many rows were seen as counted', async () => {
  const readings = [
    [['a', 'b'], ['b', 'c'], []],
    [['d', 'a'], ['b', 'c'], []],
  ];
  let asked = -1;
  await using stub = await startStub(({ query }) => {
    const number = Number(query.get('page[number]'));
    if (number === 0 && query.get('page[size]') === '1000') asked += 1;
    return answered(
      (readings[asked]?.[number] ?? []).map((id) => leakyKey(id)),
      4,
    );
  });
  const keys = await stub.api().listNhis('applicationKey');
  expect(keys.map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect(asked).toBe(1);
});

test('the largest page that a server honors is found: it returns less, or refuses the size', async () => {
  const users = Array.from({ length: 250 }, (_, index) => userOf(`u-${index}`));
  for (const limit of [100, 40]) {
    await using stub = await startStub(({ query }) => {
      const size = Number(query.get('page[size]'));
      if (limit === 100 && size > 100) return { status: 400, body: { errors: ['page[size] is at most 100'] } };
      return answered(users.slice(0, Math.min(size, limit)), users.length);
    });
    expect(await stub.api().listAccountsPage({ number: 0 })).toMatchObject({ size: limit, total: 250 });
  }
});

test('a page of users that is empty in the middle is no page', async () => {
  await using stub = await startStub(() => answered([], 50));
  const call = stub.api({ deadlineMs: 300 }).listAccountsPage({ number: 0, size: 10 });
  expect(await failureOf(call)).toMatchObject({ type: 'UnexpectedResponse' });
});
