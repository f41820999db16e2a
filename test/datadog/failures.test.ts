import { expect, test } from '@jest/globals';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { DatadogFailure, toApplicationFailure } from '../../datadog/failures.ts';
import { openDatadog } from '../../datadog/index.ts';
import { datadogFailures } from '../../domain/failures.ts';
import { failureOf, openPair } from './pair.ts';
import { startStub, type StubAnswer } from './stub.ts';

const role = { kind: 'role', id: 'r-1', name: 'Datadog Standard Role' } as const;

/** What a write makes of this response. */
async function failureFor(answer: StubAnswer): Promise<{ failure: DatadogFailure; seen: ApplicationFailure }> {
  await using stub = await startStub(({ path }) => (path === '/api/v2/validate_keys' ? {} : answer));
  const failure = await failureOf(stub.api().createAccount({ email: 'ada@example.com' }));
  const seen = toApplicationFailure(failure);
  if (!(failure instanceof DatadogFailure) || !(seen instanceof ApplicationFailure)) throw failure;
  return { failure, seen };
}

test.each([
  [400, 'InvalidRequest'],
  [422, 'InvalidRequest'],
  [405, 'InvalidRequest'],
  [401, 'NotAuthorized'],
  [403, 'NotAuthorized'],
  [404, 'NotFound'],
  [410, 'NotFound'],
  [409, 'Conflict'],
  [429, 'RateLimited'],
  [408, 'DatadogUnavailable'],
  [500, 'DatadogUnavailable'],
  [502, 'DatadogUnavailable'],
  [503, 'DatadogUnavailable'],
  [504, 'DatadogUnavailable'],
  [302, 'UnexpectedResponse'],
] as const)('an answer of %i is %s, and Temporal retries what the table says', async (status, type) => {
  const { failure, seen } = await failureFor({ status, body: { errors: ['because'] } });
  expect({ type: failure.type, status: failure.status }).toEqual({ type, status });
  expect(failure.message).toContain(`create user was answered with ${status}: because`);
  expect(seen).toMatchObject({ type, nonRetryable: datadogFailures[type].retry !== 'activity' });
});

/** With a key that has the permission. */
async function failureOfOne(): Promise<DatadogFailure> {
  await using pair = await openPair();
  pair.simulator.faults.add({ kind: '403', match: { method: 'POST' } });
  return (await failureOf(pair.api().createAccount({ email: 'ada@example.com' }))) as DatadogFailure;
}

test('every row of the failure table is met by a response or a broken one', async () => {
  const answers = [400, 401, 404, 409, 429, 500].map((status) => ({ status }));
  const met = await Promise.all([...answers, { status: 200, body: 'no JSON' }].map(failureFor));
  const types = [...met.map(({ failure }) => failure.type), (await failureOfOne()).type];
  expect(types.toSorted()).toEqual(Object.keys(datadogFailures).toSorted());
});

test.each<[string, unknown, string]>([
  [
    'texts',
    { errors: ['User a@example.com already exists', 'and more'] },
    'User a@example.com already exists; and more',
  ],
  [
    'objects with status',
    { errors: [{ status: '409', title: 'Conflict', detail: 'users already present' }] },
    'users already present',
  ],
  ['objects without status', { errors: [{ title: 'Generic Error', detail: 'role is reserved' }] }, 'role is reserved'],
  ['an object with only a title', { errors: [{ title: 'Conflict' }] }, 'Conflict'],
  [
    'texts beside other fields',
    { status: 'error', code: 409, errors: ['Forbidden'], email: 'x@example.com' },
    'Forbidden',
  ],
  ['a page of HTML', '<html>\n <h1>409</h1></html>', 'not JSON, but "<html> <h1>409</h1></html>"'],
])('errors as %s are said in the message', async (_, body, said) => {
  const { failure } = await failureFor({ status: 409, body });
  expect(failure.message).toBe(`create user was answered with 409: ${said}`);
});

test.each<[string, unknown]>([
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '5'],
  ['odd items', { errors: [null, 5, {}, { detail: 5 }] }],
])('an error body of %s leaves the status as the message', async (_, body) => {
  expect((await failureFor({ status: 400, body })).failure.message).toBe('create user was answered with 400');
});

test('a long error text is cut', async () => {
  const { failure } = await failureFor({ status: 400, body: { errors: ['x'.repeat(5_000)] } });
  expect(failure.message.length).toBeLessThan(400);
});

test.each<[string, Record<string, string>, number]>([
  ['the reset of the limit', { 'X-Ratelimit-Reset': '7' }, 7_000],
  ['Retry-After', { 'Retry-After': '3' }, 3_000],
  ['a reset of nothing, as at least a second', { 'X-RateLimit-Reset': '0' }, 1_000],
  ['a reset of a day, as at most 5 minutes', { 'X-RateLimit-Reset': '86400' }, 300_000],
  ['no header, as 10 seconds', {}, 10_000],
  ['a header that is no number, as 10 seconds', { 'X-RateLimit-Reset': 'soon' }, 10_000],
])('a 429 waits for %s, and is benign', async (_, headers, delayMs) => {
  const { seen } = await failureFor({ status: 429, headers });
  expect(seen).toMatchObject({
    type: 'RateLimited',
    nextRetryDelay: delayMs,
    category: ApplicationFailureCategory.BENIGN,
    nonRetryable: false,
  });
});

test.each<[string, StubAnswer]>([
  ['not JSON', { body: '<html>' }],
  ['empty', { body: '' }],
  ['of another type', { body: { data: { id: 5, attributes: {} } } }],
  ['without data', { body: {} }],
])('a success whose body is %s is an unexpected response, tried again', async (_, answer) => {
  const { failure, seen } = await failureFor({ status: 201, ...answer });
  expect(failure.type).toBe('UnexpectedResponse');
  expect(failure.message).toContain('create user');
  expect(seen.nonRetryable).toBe(false);
});

test('an account shown without its roles is not taken for one that has none', async () => {
  await using stub = await startStub(() => ({ body: { data: { id: 'u-1', attributes: { status: 'Active' } } } }));
  await expect(stub.api().getAccount('u-1')).rejects.toMatchObject({
    type: 'UnexpectedResponse',
    message: 'get user: data.relationships.roles is missing',
  });
});

test('where nothing listens, Datadog is unavailable', async () => {
  const { client, url } = await closedPair();
  const failure = await failureOf(client.attempt().getAccount('u-1'));
  expect(failure).toMatchObject({ type: 'DatadogUnavailable' });
  expect(String(failure)).toContain('ECONNREFUSED');
  expect(String(failure)).not.toContain(url);
  await client.close();
});

test('after closing, a call fails at once instead of opening a connection', async () => {
  await using pair = await openPair();
  await pair.client.close();
  await expect(pair.api().getAccount('u-1')).rejects.toMatchObject({
    type: 'DatadogUnavailable',
    message: 'the Datadog client was closed',
  });
  expect(pair.simulator.requests.count()).toBe(0);
});

test('a refusal names the permission, and the keys where they are what is refused', async () => {
  await using pair = await openPair({ scopes: ['user_access_read'] });
  const { simulator } = pair;
  const create = () => failureOf(pair.api().createAccount({ email: 'ada@example.com' }));
  const scoped = await create();
  expect(scoped).toMatchObject({ missing: { permission: 'user_access_invite', operation: 'create user' } });
  expect(toApplicationFailure(scoped)).toMatchObject({
    type: 'NotAuthorized',
    nonRetryable: true,
    details: [{ permission: 'user_access_invite', operation: 'create user' }],
  });
  simulator.keys.revoke('application');
  expect(await create()).toMatchObject({ missing: { permission: 'validKeys', operation: 'create user' } });
});

test.each(['', 'two\nlines', 'with space', 'kéy'])('a key of %j is refused before anything is sent', async (apiKey) => {
  await using stub = await startStub(() => ({}));
  const { baseUrl } = stub.client;
  await using client = openDatadog({ baseUrl, keys: () => ({ apiKey, appKey: 'fine' }) });
  const failure = await failureOf(client.attempt().getAccount('u-1'));
  expect(failure).toMatchObject({ type: 'NotAuthorized', missing: { permission: 'validKeys' } });
  expect(String(failure)).toContain('DD_API_KEY');
  expect(stub.requests).toEqual([]);
});

test('a cancellation and an error of others pass unchanged', () => {
  const cancelled = new CancelledFailure('CANCELLED');
  expect(toApplicationFailure(cancelled)).toBe(cancelled);
  const bug = new TypeError('a bug');
  expect(toApplicationFailure(bug)).toBe(bug);
  expect(toApplicationFailure(new DatadogFailure('UnknownEntitlement', 'no role'))).toMatchObject({
    type: 'UnknownEntitlement',
    nonRetryable: true,
  });
});

test('a refusal to write what exists no longer says so', async () => {
  await using pair = await openPair();
  await expect(pair.api().assign('00000000-0000-4000-8000-000000000000', role)).rejects.toMatchObject({
    type: 'NotFound',
  });
});

async function closedPair() {
  const pair = await openPair();
  const { apiKey, appKey, url } = pair.simulator;
  await pair.simulator.close();
  await pair.client.close();
  return { url, client: openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) }) };
}
