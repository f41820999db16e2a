import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { examplePolicyPath, readConfig } from '../../config/config.ts';
import { removeRuntime, writeRuntime } from '../../config/runtime.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const keys = { DD_API_KEY: 'a'.repeat(32), DD_APP_KEY: 'b'.repeat(40) };

test('without a variable everything is local, and Datadog is left to the simulator', async () => {
  expect(await readConfig({}, folder)).toMatchObject({
    home: join(folder, '.muster'),
    port: 8080,
    temporal: { namespace: 'default' },
    inventory: { file: join(folder, '.muster', 'inventory.db') },
    policyPath: examplePolicyPath,
  });
  expect((await readConfig({}, folder)).datadog).toBeUndefined();
});

test('a site takes both keys and a policy of one’s own', async () => {
  await writeFile(join(folder, 'policy.yaml'), '');
  const config = await readConfig({ DD_SITE: 'datadoghq.eu', ...keys }, folder);
  expect(config.datadog).toMatchObject({ baseUrl: 'https://api.datadoghq.eu', isSimulator: false });
  expect(await config.datadog?.keys()).toEqual({ apiKey: keys.DD_API_KEY, appKey: keys.DD_APP_KEY });
  expect(config.policyPath).toBe(join(folder, 'policy.yaml'));
});

test('keys in files are read again whenever they are needed', async () => {
  const [apiKeyFile, appKeyFile] = [join(folder, 'api'), join(folder, 'app')];
  await writeFile(apiKeyFile, 'old-api\n');
  await writeFile(appKeyFile, 'app');
  const env = { MUSTER_DATADOG_URL: 'http://127.0.0.1:1', DD_API_KEY_FILE: apiKeyFile, DD_APP_KEY_FILE: appKeyFile };
  const { datadog } = await readConfig(env, folder);
  expect(await datadog?.keys()).toEqual({ apiKey: 'old-api', appKey: 'app' });
  await writeFile(apiKeyFile, 'new-api');
  expect((await datadog?.keys())?.apiKey).toBe('new-api');
});

test.each([
  [{ DD_SITE: 'datadog.example.com', ...keys }, /DD_SITE is "datadog.example.com", but must be one of datadoghq.com/],
  [{ DD_SITE: 'datadoghq.com' }, /DD_API_KEY is not set/],
  [{ DD_SITE: 'datadoghq.com', DD_API_KEY: 'x' }, /DD_APP_KEY is not set/],
  [{ DD_SITE: 'datadoghq.com', DD_API_KEY: 'two words', DD_APP_KEY: 'x' }, /DD_API_KEY holds white space/],
  [{ ...keys }, /DD_SITE is not: set it to one of/],
  [{ DD_SITE: 'datadoghq.com', ...keys }, /no policy.yaml here.*policy init/],
  [{ DD_SITE: 'datadoghq.com', MUSTER_DATADOG_URL: 'http://127.0.0.1:1', ...keys }, /are both set/],
  [{ MUSTER_DATADOG_URL: 'http://192.0.2.1', ...keys }, /MUSTER_DATADOG_URL must be .* on this machine/],
  [{ MUSTER_DATADOG_URL: 'nonsense', ...keys }, /MUSTER_DATADOG_URL/],
  [{ MUSTER_PORT: 'http' }, /MUSTER_PORT must be a port from 1 to 65535/],
  [{ MUSTER_POLICY: 'missing.yaml' }, /MUSTER_POLICY is missing.yaml/],
  [{ DATABASE_URL: 'mysql://localhost' }, /DATABASE_URL must begin with postgres/],
  [{ DD_API_KEY: 'x', DD_API_KEY_FILE: 'y', DD_SITE: 'datadoghq.com' }, /DD_API_KEY and DD_API_KEY_FILE are both set/],
  [{ DD_SITE: 'datadoghq.com', DD_API_KEY_FILE: '/nowhere/key' }, /DD_API_KEY_FILE cannot be read: ENOENT/],
  [{ TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }, /TEMPORAL_… variables cannot be used/],
])('%j is one clear message', async (env, message) => {
  const attempt = readConfig(env, folder);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
});

test('a message about a key never shows the key', async () => {
  const error = await readConfig({ DD_SITE: 'datadoghq.com', ...keys, DD_APP_KEY: 'canary key' }, folder).catch(String);
  expect(error).not.toContain('canary');
});

test('TEMPORAL_ADDRESS names the cluster, with namespace and key', async () => {
  const env = { TEMPORAL_ADDRESS: 'temporal.example.com:7233', TEMPORAL_NAMESPACE: 'people', TEMPORAL_API_KEY: 'k' };
  const { temporal } = await readConfig(env, folder);
  expect(temporal).toMatchObject({
    connection: { address: 'temporal.example.com:7233', apiKey: 'k' },
    namespace: 'people',
  });
});

test('beside a running npm start the command line needs no variables; stale files are ignored', async () => {
  const home = join(folder, '.muster');
  await import('node:fs/promises').then(({ mkdir }) => mkdir(home));
  const simulator = { url: 'http://127.0.0.1:1', apiKey: 'a', appKey: 'b' };
  const runtime = { temporalAddress: '127.0.0.1:7777', policyPath: examplePolicyPath, simulator };
  await writeRuntime(home, { ...runtime, pid: process.pid });
  const config = await readConfig({}, folder);
  expect(config.temporal.connection?.address).toBe('127.0.0.1:7777');
  expect(await config.datadog?.keys()).toEqual({ apiKey: 'a', appKey: 'b' });
  await writeRuntime(home, { ...runtime, pid: 2 ** 22 + 1 });
  expect((await readConfig({}, folder)).temporal.connection).toBeUndefined();
  await removeRuntime(home);
});

test('proxies are trusted by address or network, and everything else is refused with an example', async () => {
  const read = async (given: string) => (await readConfig({ MUSTER_TRUSTED_PROXIES: given }, folder)).trustedProxies;
  expect(await read('')).toEqual([]);
  expect(await read('10.0.0.7, 10.1.0.0/16,2001:db8::/32')).toEqual(['10.0.0.7', '10.1.0.0/16', '2001:db8::/32']);
  for (const wrong of ['proxy', '*', '0.0.0.0/0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.7;10.0.0.8']) {
    await expect(read(wrong)).rejects.toThrow(/MUSTER_TRUSTED_PROXIES holds .*10\.0\.0\.7/);
  }
});

test('the public address of the gateway is an address without a query, and loses its last slash', async () => {
  const read = async (given: string) => (await readConfig({ MUSTER_PUBLIC_URL: given }, folder)).publicUrl;
  expect(await read('https://muster.example.com/idm/')).toBe('https://muster.example.com/idm');
  expect(await read('')).toBeUndefined();
  for (const wrong of [
    'muster.example.com',
    'ftp://example.com',
    'https://kim@example.com',
    'https://example.com/?a',
  ]) {
    await expect(read(wrong)).rejects.toThrow(/MUSTER_PUBLIC_URL must be .*https:\/\/muster\.example\.com/);
  }
});

test('metrics are beside the gateway’s port, or where they are told to be', async () => {
  const read = async (env: object) => {
    const { metricsPort, isMetricsPortGiven } = await readConfig({ ...env }, folder);
    return [metricsPort, isMetricsPortGiven];
  };
  expect(await read({})).toEqual([8081, false]);
  expect(await read({ MUSTER_PORT: '9000' })).toEqual([9001, false]);
  expect(await read({ MUSTER_PORT: '65535' })).toEqual([65_534, false]);
  expect(await read({ MUSTER_METRICS_PORT: '9090' })).toEqual([9090, true]);
  await expect(read({ MUSTER_METRICS_PORT: 'x' })).rejects.toThrow(/MUSTER_METRICS_PORT must be a port/);
});
