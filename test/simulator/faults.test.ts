import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { parseDurationMs, parseRateLimit } from '../../simulator/command.ts';
import { startSimulator } from '../../simulator/index.ts';
import type { Simulator } from '../../simulator/index.ts';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator();
});

afterEach(() => simulator.close());

const headers = (): Record<string, string> => ({
  'DD-API-KEY': simulator.apiKey,
  'DD-APPLICATION-KEY': simulator.appKey,
  'content-type': 'application/json',
});

const read = (signal?: AbortSignal): Promise<Response> =>
  fetch(`${simulator.url}/api/v2/users`, { headers: headers(), ...(signal === undefined ? {} : { signal }) });

const create = (email: string): Promise<Response> =>
  fetch(`${simulator.url}/api/v2/users`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ data: { type: 'users', attributes: { email } } }),
  });

async function countUsers(): Promise<number> {
  const body: { meta: { page: { total_count: number } } } = JSON.parse(await (await read()).text());
  return body.meta.page.total_count;
}

const exists = (email: string): boolean => simulator.users().some((user) => user.email === email);

test.each(['401', '403', '500', '502', '503'] as const)(
  '%s strikes as often as asked and changes nothing',
  async (kind) => {
    simulator.faults.add({ kind, match: { method: 'post', path: '^/api/v2/users$' }, times: 1 });
    expect((await read()).status).toBe(200);
    expect((await create('a@example.com')).status).toBe(Number(kind));
    expect(exists('a@example.com')).toBe(false);
    expect((await create('a@example.com')).status).toBe(201);
  },
);

test.each([500, 502, 503] as const)('%d after the commit leaves the user behind', async (kind) => {
  simulator.faults.add({ kind, when: 'after', times: 1 });
  expect((await create('a@example.com')).status).toBe(kind);
  expect(exists('a@example.com')).toBe(true);
  expect((await create('a@example.com')).status).toBe(409);
});

test('429 says when to come back', async () => {
  simulator.faults.add({ kind: 429, times: 1, resetSeconds: 7 });
  const response = await read();
  expect(response.status).toBe(429);
  expect(response.headers.get('x-ratelimit-reset')).toBe('7');
  expect(response.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(await response.json()).toEqual({
    errors: [expect.stringMatching(/^Rate limit of \d+ requests in \d+ seconds reached/)],
  });
});

test('the rate limit counts down in the headers and then refuses', async () => {
  await using limited = await startSimulator({ rateLimit: { limit: 2, periodMs: 3_600_000 } });
  const get = (): Promise<Response> =>
    fetch(`${limited.url}/api/v1/validate`, { headers: { 'DD-API-KEY': limited.apiKey } });
  const responses = [await get(), await get(), await get()];
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(responses.map((response) => response.headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
  expect(responses[0]?.headers.get('x-ratelimit-limit')).toBe('2');
  expect(responses[0]?.headers.get('x-ratelimit-period')).toBe('3600');
  expect(responses[0]?.headers.get('x-ratelimit-name')).toBe('user_management');
});

test.each(['before', 'after'] as const)('hang never replies, %s the commit', async (when) => {
  simulator.faults.add({ kind: 'hang', when, times: 1 });
  const aborter = new AbortController();
  const hung = fetch(`${simulator.url}/api/v2/users`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ data: { type: 'users', attributes: { email: 'a@example.com' } } }),
    signal: aborter.signal,
  });
  while (simulator.faults.list()[0]?.struck !== 1) await new Promise(setImmediate);
  aborter.abort();
  await expect(hung).rejects.toThrow('abort');
  expect(exists('a@example.com')).toBe(when === 'after');
});

test('torn sends half a body and ends the connection after the commit', async () => {
  simulator.faults.add({ kind: 'torn', times: 1 });
  const response = await create('a@example.com');
  expect(response.status).toBe(201);
  await expect(response.text()).rejects.toThrow('terminated');
  expect(exists('a@example.com')).toBe(true);
});

test('lostReply commits and sends no reply', async () => {
  simulator.faults.add({ kind: 'lostReply', times: 1 });
  await expect(create('a@example.com')).rejects.toThrow('fetch failed');
  expect(exists('a@example.com')).toBe(true);
});

test('notJson replies with 200 and a page', async () => {
  simulator.faults.add({ kind: 'notJson', times: 1 });
  const response = await read();
  expect(response.status).toBe(200);
  await expect(response.json()).rejects.toThrow('is not valid JSON');
});

test('wrongTypes keeps the structure and spoils every value', async () => {
  simulator.faults.add({ kind: 'wrongTypes', times: 1 });
  const spoiled: { data: { id: unknown; attributes: { disabled: unknown } }[] } = JSON.parse(
    await (await read()).text(),
  );
  expect(typeof spoiled.data[0]?.id).toBe('number');
  expect(spoiled.data[0]?.attributes.disabled).toBe('no');
});

test('slow replies late but in full', async () => {
  simulator.faults.add({ kind: 'slow', ms: 60, times: 1 });
  const started = performance.now();
  expect((await read()).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThanOrEqual(55);
});

test('lag hides a write from reads until it is over', async () => {
  simulator.faults.add({ kind: 'lag', ms: 3_600_000, match: { method: 'POST' }, times: 1 });
  expect((await create('a@example.com')).status).toBe(201);
  expect(await countUsers()).toBe(1);
  expect((await create('a@example.com')).status).toBe(409);
  simulator.faults.clear();
  expect(await countUsers()).toBe(2);
});

test('a short lag ends by itself', async () => {
  simulator.faults.add({ kind: 'lag', ms: 30 });
  await create('a@example.com');
  while ((await countUsers()) < 2) await new Promise(setImmediate);
  expect(exists('a@example.com')).toBe(true);
});

test('a probability strikes sometimes', async () => {
  simulator.faults.add({ kind: 500, probability: 0.5 });
  const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await read()).status));
  expect(new Set(statuses)).toEqual(new Set([200, 500]));
});

test.each([
  [{ kind: 'flood' }, 'kind must be one of'],
  [{ kind: 500, tims: 1 }, 'unknown field "tims"'],
  [{ kind: 500, times: 0 }, 'times must be'],
  [{ kind: 500, probability: 2 }, 'probability must be'],
  [{ kind: 500, match: { path: '(' } }, 'not a regular expression'],
  [{ kind: 500, match: { verb: 'GET' } }, 'unknown field "match.verb"'],
])('the fault %j is refused', (input, message) => {
  expect(() => simulator.faults.addFrom(input)).toThrow(message);
  expect(simulator.faults.list()).toEqual([]);
});

test('rates and durations are read, and wrong ones say how to write them', () => {
  expect(parseRateLimit('100/10s')).toEqual({ limit: 100, periodMs: 10_000 });
  expect(parseDurationMs('1.5h', 'accept-after')).toBe(5_400_000);
  expect(() => parseRateLimit('100')).toThrow(
    'rate-limit: "100" is not a rate; write requests/period, such as 100/10s',
  );
  expect(() => parseRateLimit('0/10s')).toThrow(TypeError);
  expect(() => parseDurationMs('5', 'accept-after')).toThrow('accept-after: "5" is not a duration');
});
