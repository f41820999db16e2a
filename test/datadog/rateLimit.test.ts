import { expect, test } from '@jest/globals';
import { openDatadog } from '../../datadog/index.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import { failureOf, openPair } from './pair.ts';
import { startStub, userOf, type StubAnswer } from './stub.ts';

const window = (remaining: number, resetSeconds: number, limit = 10): Record<string, string> => ({
  'X-Ratelimit-Name': 'user_management',
  'X-Ratelimit-Limit': String(limit),
  'X-Ratelimit-Period': String(resetSeconds),
  'X-Ratelimit-Remaining': String(remaining),
  'X-Ratelimit-Reset': String(resetSeconds),
});

const user = (headers: Record<string, string>): StubAnswer => ({ body: { data: userOf('u-1') }, headers });

test('a client that is told the limit is never refused', async () => {
  await using pair = await openPair({ rateLimit: { limit: 4, periodMs: 1_000 } });
  const attempt = pair.api({ deadlineMs: 20_000 });
  await attempt.currentUser();
  await Promise.all(Array.from({ length: 9 }, () => attempt.currentUser()));
  const statuses = pair.simulator.requests.list().map(({ status }) => status);
  expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
});

test('a refused client waits for the reset, and is then served', async () => {
  await using pair = await openPair();
  pair.simulator.faults.add({ kind: 429, times: 1, resetSeconds: 1 });
  expect(await failureOf(pair.api().currentUser())).toMatchObject({ type: 'RateLimited', retryAfterMs: 1_000 });
  await pair.api().currentUser();
  const [refused, served, ...more] = pair.simulator.requests.list();
  expect([refused?.status, served?.status, more]).toEqual([429, 200, []]);
  expect((served?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
});

test('a reset after the deadline fails at once, with the time to come back', async () => {
  await using stub = await startStub(() => user(window(0, 60)));
  await stub.api().getAccount('u-1');
  const from = performance.now();
  const failure = await failureOf(stub.api({ deadlineMs: 5_000 }).getAccount('u-1'));
  expect(performance.now() - from).toBeLessThan(1_000);
  expect(failure).toMatchObject({
    type: 'RateLimited',
    message: expect.stringMatching(/^the rate limit resets in [56]\d seconds$/),
  });
  expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(55_000);
  expect(stub.requests).toHaveLength(1);
});

test('a torn response has told the limit all the same', async () => {
  await using stub = await startStub((_, response) => {
    response.writeHead(200, { ...window(0, 60), 'content-length': '1000' });
    response.write('{"data":', () => response.destroy());
    return undefined;
  });
  expect(await failureOf(stub.api().getAccount('u-1'))).toMatchObject({ type: 'DatadogUnavailable' });
  expect(await failureOf(stub.api().getAccount('u-1'))).toMatchObject({ type: 'RateLimited' });
  expect(stub.requests).toHaveLength(1);
});

test('a process that waits is served before a sync that waited longer', async () => {
  const served: string[] = [];
  await using stub = await startStub(({ path }) => {
    served.push(path.split('/').at(-1) ?? '');
    return user(window(0, 1, 1));
  });
  await stub.api().getAccount('first');
  const sync = stub.api({ priority: 'sync', deadlineMs: 10_000 }).getAccount('sync');
  const process = stub.api({ deadlineMs: 10_000 }).getAccount('process');
  await Promise.all([sync, process]);
  expect(served).toEqual(['first', 'process', 'sync']);
});

test('a sync leaves the last tenth of a window to processes', async () => {
  await using stub = await startStub(() => user(window(1, 60)));
  await stub.api().getAccount('first');
  expect(await failureOf(stub.api({ priority: 'sync' }).getAccount('sync'))).toMatchObject({ type: 'RateLimited' });
  await stub.api().getAccount('process');
  expect(stub.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['first', 'process']);
});

test('a process leaves the last twentieth of a window to leavers', async () => {
  await using stub = await startStub(() => user(window(1, 60, 20)));
  await stub.api().getAccount('first');
  expect(await failureOf(stub.api().getAccount('process'))).toMatchObject({ type: 'RateLimited' });
  await stub.api({ priority: 'leaver' }).getAccount('leaver');
  expect(stub.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['first', 'leaver']);
});

test('a limit of one kind of request does not hold up another', async () => {
  await using stub = await startStub(({ path }) =>
    path.startsWith('/api/v2/roles') ? { body: { data: [] } } : user(window(0, 60)),
  );
  await stub.api().getAccount('u-1');
  expect(await stub.api().listRoles()).toEqual([]);
});

const unnamed = (status: number, headers: Record<string, string> = {}): StubAnswer => ({
  status,
  body: { errors: ['Rate limit reached'] },
  headers,
});

/** Memberships are refused as given, everything else of users is answered. */
const refusingMemberships = (headers: Record<string, string>) =>
  startStub(({ path }) => (path.endsWith('/memberships') ? unnamed(429, headers) : user({})));

test('a refused list of one person’s teams delays nobody else for long', async () => {
  await using stub = await refusingMemberships({ 'X-Ratelimit-Reset': '290' });
  const refused = await failureOf(stub.api().listTeamsOf('u-1'));
  expect(refused).toMatchObject({ type: 'RateLimited', retryAfterMs: 290_000 });
  expect((await stub.api().getAccount('u-1'))?.id).toBe('u-1');
  const other = await failureOf(stub.api({ deadlineMs: 500 }).listTeamsOf('u-2'));
  expect((other as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(10_000);
  expect(stub.requests).toHaveLength(2);
});

test('a limit that is named moves the requests of one path only', async () => {
  const headers = { ...window(0, 60), 'X-Ratelimit-Name': 'teams', 'X-Ratelimit-Period': '60' };
  await using stub = await refusingMemberships(headers);
  await failureOf(stub.api().listTeamsOf('u-1'));
  expect((await stub.api().getAccount('u-1'))?.id).toBe('u-1');
  expect(await failureOf(stub.api().listTeamsOf('u-2'))).toMatchObject({ type: 'RateLimited' });
  expect(stub.requests).toHaveLength(2);
});

test.each([
  ['Unix time in seconds', () => String(Math.ceil(Date.now() / 1_000) + 40), {}, 40_000],
  ['a time longer than the period', () => '290', { 'X-Ratelimit-Period': '10' }, 10_000],
  ['a time of far away', () => String(Date.now()), {}, 300_000],
  ['no reset', () => '', {}, 10_000],
])('a refusal with %s ends when it must', async (_, reset, headers, ms) => {
  await using stub = await startStub(() => unnamed(429, { 'X-Ratelimit-Reset': reset(), ...headers }));
  const { retryAfterMs } = (await failureOf(stub.api().getAccount('u-1'))) as { retryAfterMs: number };
  expect(retryAfterMs).toBeGreaterThan(ms - 3_000);
  expect(retryAfterMs).toBeLessThanOrEqual(ms + 1_000);
});

test('a leaver waits for no limit that Datadog did not name for its request', async () => {
  await using stub = await startStub(() => user({ 'X-Ratelimit-Remaining': '0', 'X-Ratelimit-Reset': '60' }));
  await stub.api().getAccount('u-1');
  expect(await failureOf(stub.api().getAccount('u-2'))).toMatchObject({ type: 'RateLimited' });
  expect((await stub.api({ priority: 'leaver' }).getAccount('u-2'))?.id).toBe('u-1');
});

test('a leaver that waits is served before a process that waited longer', async () => {
  const served: string[] = [];
  await using stub = await startStub(({ path }) => {
    served.push(path.split('/').at(-1) ?? '');
    return user(window(0, 1, 1));
  });
  await stub.api().getAccount('first');
  const process = stub.api({ deadlineMs: 10_000 }).getAccount('process');
  const leaver = stub.api({ priority: 'leaver', deadlineMs: 10_000 }).getAccount('leaver');
  await Promise.all([process, leaver]);
  expect(served).toEqual(['first', 'leaver', 'process']);
});

test('closing fails requests that wait for the rate limit', async () => {
  await using stub = await startStub(() => user(window(0, 60)));
  await stub.api().getAccount('u-1');
  const failing = failureOf(stub.api({ deadlineMs: 90_000 }).getAccount('u-1'));
  await stub.client.close();
  expect(await failing).toMatchObject({ type: 'DatadogUnavailable', message: 'the Datadog client was closed' });
});

test('an attempt counts what it has sent', async () => {
  await using pair = await openPair();
  const attempt = pair.api();
  expect(attempt.requests).toBe(0);
  await attempt.currentUser();
  await attempt.listPermissions();
  expect(attempt.requests).toBe(2);
});

test('three workers at a limit of 20 a second are hardly ever refused, and use most of it', async () => {
  await using pair = await openPair({ rateLimit: { limit: 20, periodMs: 1_000 } });
  const { simulator } = pair;
  const { apiKey, appKey } = simulator;
  await using clients = new AsyncDisposableStack();
  const workers = Array.from({ length: 3 }, () =>
    clients.use(openDatadog({ baseUrl: simulator.url, keys: () => ({ apiKey, appKey }), processes: () => 3 })),
  );
  // What a worker asks first tells it the limit.
  for (const worker of workers) await worker.attempt().currentUser();
  const until = Date.now() + 6_000;
  const ask = async (worker: DatadogClient): Promise<void> => {
    while (Date.now() < until) {
      await worker
        .attempt({ priority: 'sync', deadlineMs: 10_000 })
        .currentUser()
        .catch(() => undefined);
    }
  };
  await Promise.all(workers.flatMap((worker) => Array.from({ length: 4 }, () => ask(worker))));
  const statuses = simulator.requests.list().map(({ status }) => status);
  const refused = statuses.filter((status) => status === 429).length;
  expect(refused / statuses.length).toBeLessThanOrEqual(0.03);
  expect(statuses.length).toBeGreaterThan(50);
}, 30_000);
