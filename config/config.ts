import { access, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { assertLoopback, baseUrlOf, datadogSites } from '../datadog/sites.ts';
import { readRuntime } from './runtime.ts';
import { UsageError } from '../domain/errors.ts';
import type { DatadogConfig, DatadogKeys, TemporalConfig, Config, Environment } from './types.ts';

/** The policy in use with a simulator where there is no own one. */
export const examplePolicyPath = resolve(import.meta.dirname, '..', 'policy.example.yaml');

/** Reads the configuration. Throws a `UsageError` that names the variable and the fix. */
export async function readConfig(env: Environment = process.env, cwd = process.cwd()): Promise<Config> {
  const home = resolve(cwd, env['MUSTER_HOME'] || '.muster');
  const runtime = await readRuntime(home);
  const datadog = (await readDatadog(env)) ?? runtime?.datadog;
  const databaseUrl = await readSecret(env, 'DATABASE_URL');
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new UsageError('DATABASE_URL must begin with postgres:// or postgresql://; unset it to use a SQLite file');
  }
  const port = asPort('MUSTER_PORT', env['MUSTER_PORT'] || '8080');
  return {
    home,
    port,
    isPortGiven: Boolean(env['MUSTER_PORT']),
    metricsPort: env['MUSTER_METRICS_PORT'] ? asPort('MUSTER_METRICS_PORT', env['MUSTER_METRICS_PORT']) : beside(port),
    isMetricsPortGiven: Boolean(env['MUSTER_METRICS_PORT']),
    trustedProxies: readProxies(env),
    publicUrl: readPublicUrl(env),
    secretsFolder: resolve(cwd, env['MUSTER_SECRETS'] || join(home, 'secrets')),
    temporal: (await readTemporal(env)) ?? {
      namespace: env['TEMPORAL_NAMESPACE'] || 'default',
      connection: runtime && { address: runtime.temporalAddress },
      uiUrl: runtime?.uiUrl,
    },
    datadog,
    inventory: databaseUrl === undefined ? { file: join(home, 'inventory.db') } : { url: databaseUrl },
    policyPath: await findPolicy(cwd, env['MUSTER_POLICY'] || runtime?.policyPath, datadog?.isSimulator ?? true),
    signingKey: env['MUSTER_SIGNING_KEY_FILE']
      ? { file: resolve(cwd, env['MUSTER_SIGNING_KEY_FILE']), isGiven: true }
      : { file: join(home, 'signing.key'), isGiven: false },
    cliPath: env['TEMPORAL_CLI_PATH'] || undefined,
    searchPath: env['PATH'] ?? '',
    cacheHome: env['XDG_CACHE_HOME'] || undefined,
  };
}

async function findPolicy(cwd: string, named: string | undefined, isSimulator: boolean): Promise<string> {
  const path = resolve(cwd, named ?? 'policy.yaml');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  if (named !== undefined) throw new UsageError(`MUSTER_POLICY is ${named}, but no such file can be read`);
  if (isSimulator) return examplePolicyPath;
  throw new UsageError('There is no policy.yaml here: write one with `npx muster policy init`, or set MUSTER_POLICY');
}

function asPort(name: 'MUSTER_PORT' | 'MUSTER_METRICS_PORT', text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > highestPort) {
    throw new UsageError(`${name} must be a port from 1 to ${highestPort}, but is "${text}"`);
  }
  return port;
}

const highestPort = 65_535;
const beside = (port: number): number => (port < highestPort ? port + 1 : port - 1);

function readProxies(env: Environment): readonly string[] {
  const given = (env['MUSTER_TRUSTED_PROXIES'] ?? '').split(',').map((one) => one.trim());
  const proxies = given.filter((one) => one !== '');
  const wrong = proxies.find((one) => !isNetwork(one));
  if (wrong === undefined) return proxies;
  throw new UsageError(
    `MUSTER_TRUSTED_PROXIES holds "${wrong}": give addresses and networks, such as 10.0.0.7, 10.1.0.0/16`,
  );
}

function readPublicUrl(env: Environment): string | undefined {
  const given = env['MUSTER_PUBLIC_URL'];
  if (!given) return undefined;
  const url = URL.parse(given);
  const isPlain = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
  throw new UsageError(
    'MUSTER_PUBLIC_URL must be the address of the gateway as senders reach it, such as https://muster.example.com',
  );
}

/** One address, or a network that is not all of them. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isPrefix = prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
  return bits > 0 && isPrefix && more.length === 0;
}

async function readTemporal(env: Environment): Promise<TemporalConfig | undefined> {
  // A profile in the user's home may point at production: it counts only where a variable asks for it.
  const isNamed = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'].some((name) => env[name]);
  if (!isNamed) return undefined;
  const apiKey = await readSecret(env, 'TEMPORAL_API_KEY');
  const given = Object.entries({ ...env, TEMPORAL_API_KEY: apiKey });
  const overrideEnvVars = Object.fromEntries(given.filter((entry): entry is [string, string] => Boolean(entry[1])));
  // Not before it is needed: it brings half of Temporal's client.
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({
      overrideEnvVars,
      disableFile: !env['TEMPORAL_PROFILE'] && !env['TEMPORAL_CONFIG_FILE'],
    });
    const { address } = connectionOptions;
    if (!address) throw new Error('it names no address');
    return { connection: { ...connectionOptions, address }, namespace: namespace ?? 'default' };
  } catch (error) {
    throw new UsageError(`The TEMPORAL_… variables cannot be used: ${(error as Error).message}`);
  }
}

async function readDatadog(env: Environment): Promise<DatadogConfig | undefined> {
  const [site, url] = [env['DD_SITE'], env['MUSTER_DATADOG_URL']];
  if (site && url) {
    throw new UsageError('DD_SITE and MUSTER_DATADOG_URL are both set: keep one (a site, or a simulator on loopback)');
  }
  const keys = async (): Promise<DatadogKeys> => ({
    apiKey: await readKey(env, 'DD_API_KEY'),
    appKey: await readKey(env, 'DD_APP_KEY'),
  });
  if (!site && !url) {
    const given = ['DD_API_KEY', 'DD_APP_KEY'].find((name) => env[name] || env[`${name}_FILE`]);
    if (given === undefined) return undefined;
    throw new UsageError(
      `${given} is set, but DD_SITE is not: set it to one of ${Object.keys(datadogSites).join(', ')}`,
    );
  }
  await keys();
  try {
    if (url) {
      assertLoopback(url);
      return { baseUrl: url.replace(/\/+$/, ''), isSimulator: true, keys };
    }
    return { baseUrl: baseUrlOf(site as string), isSimulator: false, keys };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A key is printable ASCII without white space: a header could not carry anything else. */
async function readKey(env: Environment, name: 'DD_API_KEY' | 'DD_APP_KEY'): Promise<string> {
  const key = await readSecret(env, name);
  const what = name === 'DD_API_KEY' ? 'an API key' : 'an application key';
  if (key === undefined) throw new UsageError(`${name} is not set: set it, or ${name}_FILE, to ${what} of Datadog`);
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UsageError(`${name} holds white space or a strange character: set it to ${what}`);
  return key;
}

/** The token that proves the caller to the command line. */
export const readToken = (env: Environment): Promise<string | undefined> => readSecret(env, 'MUSTER_TOKEN');

/** A secret from `NAME`, or from the file that `NAME_FILE` names. */
async function readSecret(env: Environment, name: string): Promise<string | undefined> {
  const [plain, path] = [env[name], env[`${name}_FILE`]];
  if (plain && path) throw new UsageError(`${name} and ${name}_FILE are both set: keep one`);
  if (!path) return plain || undefined;
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (error) {
    throw new UsageError(`${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
}
