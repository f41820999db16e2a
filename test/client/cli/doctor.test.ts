import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { capabilities, type Capability } from '../../../datadog/types.ts';
import { isHealthy, type Check } from '../../../client/cli/checks.ts';
import { checkDatadog, judgeDatadog } from '../../../client/cli/doctorDatadog.ts';
import { issueToken, revokeToken } from '../../../auth/tokens.ts';
import { checkTokens } from '../../../client/cli/doctorTokens.ts';
import type { Config } from '../../../config/types.ts';
import { openInventory } from '../../support/inventory.ts';
import { giveToken, memoryKeys, operator } from '../../support/operators.ts';
import { startSimulator } from '../../../simulator/index.ts';

type Answer = 'yes' | 'no' | 'unknown';
const place = { baseUrl: 'https://api.datadoghq.eu', isSimulator: false };

function judge(
  answers: Partial<Record<Capability, Answer>>,
  {
    keys = 'valid' as const,
    usesTeams = false,
  }: { keys?: 'valid' | 'apiKeyRefused' | 'applicationKeyRefused'; usesTeams?: boolean } = {},
) {
  const probe = (capability: Capability) => Promise.resolve(answers[capability] ?? 'yes');
  return judgeDatadog({ validateKeys: () => Promise.resolve(keys), probe }, place, { usesTeams });
}

test('keys that may do everything are healthy, and every permission is listed', async () => {
  const checks = await judge({});
  expect(isHealthy(checks)).toBe(true);
  expect(checks.map(({ name }) => name)).toEqual(['site', 'API key', 'application key', ...capabilities]);
  expect(new Set(checks.map(({ status }) => status))).toEqual(new Set(['ok']));
});

test.each(['user_access_read', 'user_access_invite', 'user_access_manage'] as const)(
  'without %s Muster cannot work, and the check says how to get it',
  async (capability) => {
    const checks = await judge({ [capability]: 'no' });
    expect(isHealthy(checks)).toBe(false);
    expect(checks.find(({ name }) => name === capability)).toMatchObject({
      status: 'missing',
      fix: expect.stringContaining(`scope ${capability}`),
    });
  },
);

test('an unknown permission stops nobody', async () => {
  const checks = await judge({ user_access_manage: 'unknown' });
  expect(isHealthy(checks)).toBe(true);
  expect(checks.find(({ name }) => name === 'user_access_manage')).toMatchObject({ status: 'unknown' });
});

test('an optional permission that is missing is said and does not count', async () => {
  const checks = await judge({ teams_read: 'no' }, { usesTeams: true });
  expect(isHealthy(checks)).toBe(true);
  expect(checks.find(({ name }) => name === 'teams_read')).toMatchObject({
    status: 'missing',
    optional: true,
    detail: expect.stringContaining('the policy grants teams'),
  });
});

test.each([
  ['apiKeyRefused', 'API key', 'DD_API_KEY'],
  ['applicationKeyRefused', 'application key', 'DD_APP_KEY'],
] as const)('%s names the key and its variable, and asks for no permission', async (keys, name, variable) => {
  const checks = await judge({}, { keys });
  expect(isHealthy(checks)).toBe(false);
  expect(checks.at(-1)).toMatchObject({ name, status: 'missing', fix: expect.stringContaining(variable) });
  expect(checks.some((check) => check.name === 'user_access_read')).toBe(false);
});

test('a site that does not answer is said once', async () => {
  const api = {
    validateKeys: () => Promise.reject(new Error('no answer')),
    probe: () => Promise.reject(new Error('no')),
  };
  expect(await judgeDatadog(api, place, { usesTeams: false })).toMatchObject([
    { name: 'site', status: 'missing', detail: 'no answer', fix: expect.stringContaining('DD_SITE') },
  ]);
});

const statuses = (checks: readonly Check[]) => Object.fromEntries(checks.map(({ name, status }) => [name, status]));

test('a scoped key of a simulated Datadog shows what it lacks', async () => {
  await using simulator = await startSimulator({ scopes: ['user_access_read', 'user_access_invite'] });
  const { url: baseUrl, apiKey, appKey } = simulator;
  const keys = () => Promise.resolve({ apiKey, appKey });
  const checks = await checkDatadog({ baseUrl, isSimulator: true, keys }, { usesTeams: false });
  expect(isHealthy(checks)).toBe(false);
  expect(statuses(checks)).toMatchObject({
    site: 'ok',
    'API key': 'ok',
    'application key': 'ok',
    user_access_read: 'ok',
    user_access_invite: 'ok',
    user_access_manage: 'missing',
    teams_read: 'missing',
  });
});

test('an application key that a simulated Datadog does not know is refused, and is not printed', async () => {
  await using simulator = await startSimulator();
  const { url: baseUrl, apiKey } = simulator;
  const appKey = 'canary0123456789canary0123456789canary01';
  const keys = () => Promise.resolve({ apiKey, appKey });
  const checks = await checkDatadog({ baseUrl, isSimulator: true, keys }, { usesTeams: false });
  expect(statuses(checks)).toEqual({ site: 'ok', 'API key': 'ok', 'application key': 'missing' });
  expect(JSON.stringify(checks)).not.toContain(appKey);
});

test('a simulator that is gone is said once, with how to start it', async () => {
  const simulator = await startSimulator();
  const { url: baseUrl, apiKey, appKey } = simulator;
  await simulator.close();
  const keys = () => Promise.resolve({ apiKey, appKey });
  expect(await checkDatadog({ baseUrl, isSimulator: true, keys }, { usesTeams: false })).toMatchObject([
    { name: 'site', status: 'missing', fix: expect.stringContaining('MUSTER_DATADOG_URL') },
  ]);
});

test('tokens without a seal are said until they are revoked, and tokens that end soon are named', async () => {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-doctor-'));
  opened.defer(() => rm(home, { recursive: true }));
  const place = { file: join(home, 'inventory.db') };
  const config = { inventory: place, signingKey: { file: join(home, 'signing.key'), isGiven: false } } as Config;
  const inventory = opened.use(await openInventory(place));
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  await giveToken({ inventory, home }, { role: 'auditor' });
  expect(await checkTokens(config)).toEqual([]);
  const ending = await giveToken({ inventory, home }, { role: 'intake', source: 'idp', expiresAt: soon });
  const keys = memoryKeys();
  const planted = await issueToken({ inventory, keys }, { role: 'intake', source: 'hr' }, operator);
  const named = { name: 'tokens that end', optional: true, detail: `${ending.id} (intake idp) at ${soon}` };
  const checks = await checkTokens(config);
  expect(checks).toMatchObject([
    { name: 'tokens', detail: expect.stringContaining(`${planted.id} (intake hr)`) },
    named,
  ]);
  expect(isHealthy(checks)).toBe(false);
  await revokeToken(inventory, planted.id, operator);
  expect(await checkTokens(config)).toMatchObject([named]);
});
