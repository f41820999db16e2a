import { expect, test } from '@jest/globals';
import { openDatadog } from '../../datadog/index.ts';
import { capabilities } from '../../datadog/types.ts';
import { openPair, type Pair } from './pair.ts';
import { startStub, userOf } from './stub.ts';

async function probeAll(pair: Pair) {
  const answers = await Promise.all(capabilities.map(async (one) => [one, await pair.api().probe(one)] as const));
  return Object.fromEntries(answers);
}

const all = (answer: string) => Object.fromEntries(capabilities.map((one) => [one, answer]));

test('an unscoped key of an administrator may do everything, and probing only reads', async () => {
  await using pair = await openPair();
  expect(await probeAll(pair)).toEqual(all('yes'));
  expect(pair.simulator.requests.list().every(({ method }) => method === 'GET')).toBe(true);
});

test.each(capabilities)('a key with the scope %s may do just that', async (capability) => {
  await using pair = await openPair({ scopes: [capability] });
  expect(await probeAll(pair)).toEqual({ ...all('no'), [capability]: 'yes' });
});

test('a server that fails at a probe says nothing about the key', async () => {
  await using stub = await startStub(() => ({ status: 503 }));
  for (const capability of capabilities) expect(await stub.api().probe(capability)).toBe('unknown');
  expect(stub.requests).toHaveLength(capabilities.length);
});

test('a key that is refused may do nothing', async () => {
  await using pair = await openPair();
  pair.simulator.keys.revoke('application');
  expect(await probeAll(pair)).toEqual(all('no'));
});

test('a response that is neither yes nor no says nothing about the key', async () => {
  await using stub = await startStub(({ path }) =>
    path === '/api/v2/current_user' ? { body: { data: userOf('u-1') } } : { status: 418 },
  );
  for (const capability of capabilities) expect(await stub.api().probe(capability)).toBe('unknown');
});

test('a server that is not there fails the probe, and so does the rate limit', async () => {
  await using pair = await openPair();
  pair.simulator.faults.add({ kind: 429, times: 1 });
  await expect(pair.api().probe('teams_read')).rejects.toMatchObject({ type: 'RateLimited' });
  await pair.simulator.close();
  await expect(pair.api().probe('audit_logs_read')).rejects.toMatchObject({ type: 'DatadogUnavailable' });
});

test('both keys are judged', async () => {
  await using pair = await openPair();
  const { keys } = pair.simulator;
  expect(await pair.api().validateKeys()).toBe('valid');
  keys.revoke('application');
  expect(await pair.api().validateKeys()).toBe('applicationKeyRefused');
  keys.revoke('api');
  expect(await pair.api().validateKeys()).toBe('apiKeyRefused');
});

test.each([
  [{ '/api/v2/current_user': 200 }, 'valid'],
  [{ '/api/v1/validate': 200, '/api/v2/current_user': 403 }, 'applicationKeyRefused'],
  [{ '/api/v1/validate': 403, '/api/v2/current_user': 200 }, 'apiKeyRefused'],
  [{ '/api/v1/validate': 401 }, 'apiKeyRefused'],
  [{ '/api/v1/validate': 404, '/api/v2/validate_keys': 200 }, 'valid'],
  [{ '/api/v2/validate_keys': 401 }, 'applicationKeyRefused'],
] as const)('where the site answers %j and else 404, the keys are judged as %s', async (answers, judged) => {
  const statuses = new Map<string, number>(Object.entries(answers));
  await using stub = await startStub(({ path }) => ({ status: statuses.get(path) ?? 404 }));
  expect(await stub.api().validateKeys()).toBe(judged);
});

test('a site where nothing responds judges no key', async () => {
  await using stub = await startStub(({ path }) => ({ status: path === '/api/v1/validate' ? 500 : 200 }));
  await expect(stub.api().validateKeys()).rejects.toMatchObject({ type: 'DatadogUnavailable' });
  await using other = await startStub(() => ({ status: 404 }));
  await expect(other.api().validateKeys()).rejects.toMatchObject({ type: 'NotFound' });
});

test('keys that are changed while running are used from the next request on', async () => {
  await using pair = await openPair();
  const { simulator } = pair;
  let appKey = 'a-key-that-is-not-known';
  await using client = openDatadog({
    baseUrl: simulator.url,
    keys: async () => ({ apiKey: simulator.apiKey, appKey }),
  });
  await expect(client.attempt().listRoles()).rejects.toMatchObject({ missing: { permission: 'validKeys' } });
  const attempt = client.attempt();
  ({ appKey } = simulator);
  expect((await attempt.listRoles()).length).toBeGreaterThan(0);
  simulator.keys.revoke('application');
  await expect(attempt.listRoles()).rejects.toMatchObject({ type: 'NotAuthorized' });
  simulator.keys.restore('application');
  expect((await attempt.listRoles()).length).toBeGreaterThan(0);
});

test('the owner of the key is told with what the roles permit', async () => {
  await using pair = await openPair();
  const { account, permissions } = await pair.api().currentUser();
  expect(account).toMatchObject({ email: 'admin@example.com', status: 'active' });
  expect(permissions).toEqual(expect.arrayContaining(['user_access_invite', 'user_access_manage']));
});
