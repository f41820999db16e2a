import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
const uiImage = `temporalio/ui:2.54.1@sha256:ff0943fe532b8e33c46cd28b29e81e0ce0b6f55b9ee50a38ef1b437cc4de3fa5`;
const isInternal = (network: unknown): boolean => z.object({ internal: z.literal(true) }).safeParse(network).success;
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

// What the checks below look at; whether the file is a compose file at all is for the Compose specification to say.
const names = z.array(z.string()).default([]);
const mount = z.object({ source: z.string() });
const service = z.object({
  image: z.string().default(''),
  pull_policy: z.string().optional(),
  tmpfs: names,
  user: z.string().default(''),
  restart: z.string().optional(),
  read_only: z.boolean().default(false),
  privileged: z.boolean().default(false),
  network_mode: z.string().optional(),
  cap_drop: names,
  cap_add: names,
  security_opt: names,
  secrets: names,
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  command: z.union([z.string(), names]).optional(),
  networks: names,
  volumes: names,
  ports: names,
  configs: z.array(mount).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.object({ test: z.array(z.string()).min(2) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
type Service = z.output<typeof service>;
const source = z.object({
  file: z.string().optional(),
  content: z.string().optional(),
  environment: z.string().optional(),
});
const named = z.record(z.string(), z.unknown()).default({});
const composeFile = z.object({
  version: z.unknown().optional(),
  services: z.record(z.string(), service),
  volumes: named,
  networks: named,
  configs: z.record(z.string(), source).default({}),
  secrets: z.record(z.string(), source).default({}),
});
type ComposeFile = z.output<typeof composeFile>;

// dclint's own types do not resolve under Node's rules for modules.
const lintResults = z.array(z.object({ messages: z.array(z.object({ rule: z.string(), message: z.string() })) }));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-compose-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the Compose specification's schema and dclint's rules on meaning say of a compose file; its taste in order and quotes is off. */
async function specificationProblems(text: string): Promise<string[]> {
  const path = join(folder, 'docker-compose.yml');
  await writeFile(path, text);
  const taste = [
    'no-quotes-in-volumes',
    'service-keys-order',
    'services-alphabetical-order',
    'top-level-properties-order',
    'service-ports-alphabetical-order',
    'service-dependencies-alphabetical-order',
    'require-quotes-in-ports',
  ];
  const rules = Object.fromEntries(taste.map((rule) => [rule, 0 as const]));
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
  const results = lintResults.parse(linter.lintFiles([path], false));
  expect(results).toHaveLength(1);
  return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
}

/** What is not as safe as a production-like set-up must be. */
function safetyProblems(text: string): string[] {
  const file = composeFile.parse(parse(text, { merge: true }));
  const awaitedToEnd = new Set(
    Object.values(file.services).flatMap(({ depends_on }) =>
      Object.entries(depends_on).flatMap(([name, { condition }]) =>
        condition === 'service_completed_successfully' ? [name] : [],
      ),
    ),
  );
  const ofServices = Object.entries(file.services).flatMap(([name, one]) =>
    serviceProblems(one, file, awaitedToEnd.has(name)).map((problem) => `${name}: ${problem}`),
  );
  // Compose copies such a config into the container, which cannot be written.
  const ofConfigs = Object.entries(file.configs).flatMap(([name, { content }]) =>
    content === undefined ? [] : [`the config ${name} is no file`],
  );
  const ofSecrets = Object.entries(file.secrets).flatMap(([name, { file: path }]) =>
    path?.startsWith('./secrets/') ? [] : [`the secret ${name} is no file in ./secrets`],
  );
  return [...(file.version === undefined ? [] : ['has a version']), ...ofServices, ...ofConfigs, ...ofSecrets];
}

function serviceProblems(one: Service, file: ComposeFile, runsToItsEnd: boolean): string[] {
  const volumes = one.volumes.map((volume) => volume.split(':')[0] ?? '');
  const missing = [
    ...one.secrets.filter((name) => !(name in file.secrets)),
    ...one.networks.filter((name) => !(name in file.networks)),
    ...volumes.filter((name) => !(name in file.volumes)),
    ...one.configs.map((config) => config.source).filter((name) => !(name in file.configs)),
    ...Object.keys(one.depends_on).filter((name) => !(name in file.services)),
  ];
  const dependencies = Object.entries(one.depends_on);
  const waitsLoosely = dependencies.filter(([name, { condition }]) => {
    const isChecked = file.services[name]?.healthcheck !== undefined;
    return condition !== (isChecked ? 'service_healthy' : 'service_completed_successfully');
  });
  const secretValue = Object.entries(one.environment).filter(
    ([name, value]) =>
      (/(PASSWORD|PWD|SECRET|TOKEN|KEY|DATABASE_URL)$/.test(name) && value !== '') ||
      (name.endsWith('_FILE') && !one.secrets.some((secret) => value === `/run/secrets/${secret}`)),
  );
  const checks: readonly (readonly [boolean, string])[] = [
    [isPinned(one), `is not pinned: ${one.image}`],
    [one.mem_limit !== undefined && one.pids_limit !== undefined, 'has no bound on memory or processes'],
    [!one.tmpfs.some((mount) => !mount.includes('size=') && mount.startsWith('/tmp')), 'has a /tmp without a bound'],
    [/^[1-9]\d*:[1-9]\d*$/.test(one.user), 'has no user by number, or runs as root'],
    [one.read_only, 'can write its own image'],
    [one.cap_drop.join() === 'ALL' && one.cap_add.length === 0 && !one.privileged, 'keeps capabilities'],
    [one.security_opt.includes('no-new-privileges:true'), 'may gain privileges'],
    [one.network_mode === undefined, 'leaves the networks'],
    [one.restart !== undefined && one.restart !== 'no', 'is not restarted'],
    [runsToItsEnd || one.healthcheck !== undefined, 'has no health check'],
    [one.ports.every((port) => port.startsWith('127.0.0.1:')), 'publishes beyond loopback'],
    [waitsLoosely.length === 0, `waits loosely for ${waitsLoosely.map(([name]) => name).join()}`],
    [missing.length === 0, `names what is not there: ${missing.join()}`],
    [secretValue.length === 0, `has a secret in its environment: ${secretValue.map(([name]) => name).join()}`],
  ];
  return checks.flatMap(([isSo, problem]) => (isSo ? [] : [problem]));
}

/** By version and digest; what is built here has no digest yet, and is never pulled. */
const isPinned = ({ image, pull_policy }: Service): boolean =>
  pull_policy === undefined
    ? /^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?@sha256:[0-9a-f]{64}$/.test(image)
    : /^muster:\d+\.\d+\.\d+$/.test(image) && ['build', 'never'].includes(pull_policy);

describe('the compose file', () => {
  test('is one by the Compose specification', async () => {
    expect(await specificationProblems(await read('docker-compose.yml'))).toEqual([]);
  });

  test('pins each image, runs nothing as root, keeps secrets in files, publishes on loopback only', async () => {
    expect(safetyProblems(await read('docker-compose.yml'))).toEqual([]);
  });

  test('starts the worker, the gateway, Temporal with its interface, and PostgreSQL', async () => {
    const { services } = composeFile.parse(parse(await read('docker-compose.yml'), { merge: true }));
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(['postgresql', 'temporal', 'temporal-ui', 'worker', 'gateway']),
    );
  });

  test('publishes the gateway, and Temporal’s interface behind its list of names, and nothing else', async () => {
    const { services, networks } = composeFile.parse(parse(await read('docker-compose.yml'), { merge: true }));
    const published = Object.entries(services).filter(([, { ports }]) => ports.length > 0);
    expect(published.map(([name]) => name)).toEqual(['temporal-ui-proxy', 'gateway']);
    const reachesOut = Object.entries(services).filter(([, one]) =>
      one.networks.some((name) => !isInternal(networks[name])),
    );
    expect(reachesOut.map(([name]) => name)).toEqual(['temporal-ui-proxy', 'worker', 'gateway']);
    expect(services['temporal-ui-proxy']?.networks).not.toContain('engine');
    expect(services['temporal-ui-proxy']?.command).toEqual(
      expect.arrayContaining(['workers/uiProxy.ts', '--name=127.0.0.1:8233', '--name=localhost:8233']),
    );
  });

  test('gives worker and gateway roles of their own, and the owner to the step before them', async () => {
    const { services } = composeFile.parse(parse(await read('docker-compose.yml'), { merge: true }));
    const urls = Object.entries(services).flatMap(([name, { environment, secrets }]) => {
      const file = environment['DATABASE_URL_FILE'];
      return file === undefined ? [] : [[name, file, secrets.filter((secret) => secret.endsWith('database_url'))]];
    });
    expect(urls).toEqual([
      ['muster-schema', '/run/secrets/database_url', ['database_url']],
      ['worker', '/run/secrets/worker_database_url', ['worker_database_url']],
      ['gateway', '/run/secrets/gateway_database_url', ['gateway_database_url']],
    ]);
    expect(services['muster-schema']?.command).toEqual(expect.arrayContaining(['muster_worker', 'muster_gateway']));
    const step = String(services['databases']?.command);
    for (const line of ['ALTER ROLE muster_worker PASSWORD', 'ALTER ROLE muster_gateway PASSWORD', 'FROM PUBLIC']) {
      expect(step).toContain(line);
    }
  });

  test.each([
    ['an unknown field', 'stop_grace_period: 40s', 'stop_graceful: 40s', /additional properties/],
    ['a value of the wrong kind', 'read_only: true', 'read_only: [true]', /^invalid-schema/],
    ['YAML that does not parse', 'cap_drop: [ALL]', 'cap_drop: [ALL', /./],
    ['a version', 'name: muster', "name: muster\nversion: '3'", /^no-version-field/],
    ['one port twice', '127.0.0.1:8233:8233', '127.0.0.1:8080:8233', /^no-duplicate-exported-ports/],
  ])('is refused by the Compose specification or its linter with %s', async (_, from, to, expected) => {
    const text = await read('docker-compose.yml');
    expect(text).toContain(from);
    expect(await specificationProblems(text.replace(from, to))).toContainEqual(expect.stringMatching(expected));
  });

  test.each([
    ['an image without a version', uiImage, 'temporalio/ui:latest', 'temporal-ui: is not pinned: temporalio/ui:latest'],
    [
      'an image without a digest',
      uiImage,
      uiImage.split('@')[0] ?? '',
      `temporal-ui: is not pinned: ${uiImage.split('@')[0]}`,
    ],
    ['memory without a bound', '  mem_limit: 256m\n', '', 'temporal-ui: has no bound on memory or processes'],
    ['processes without a bound', '  pids_limit: 128\n', '', 'gateway: has no bound on memory or processes'],
    [
      'files in memory without a bound',
      '/tmp:size=64m,mode=1777',
      '/tmp:mode=1777',
      'databases: has a /tmp without a bound',
    ],
    ['root', "user: '999:999'", "user: '0:0'", 'postgresql: has no user by number, or runs as root'],
    ['a port for everybody', '127.0.0.1:8080:8080', '8080:8080', 'gateway: publishes beyond loopback'],
    [
      'a secret in the environment',
      'DB: postgres12',
      'POSTGRES_PWD: temporal',
      'temporal: has a secret in its environment: POSTGRES_PWD',
    ],
    [
      'a secret that is not mounted',
      'secrets: [dd_api_key, dd_app_key, worker_database_url, signing_key]',
      'secrets: [dd_api_key, worker_database_url, signing_key]',
      'worker: has a secret in its environment: DD_APP_KEY_FILE',
    ],
    [
      'a secret that is not defined',
      '  worker_database_url: { file',
      '  other_url: { file',
      'worker: names what is not there: worker_database_url',
    ],
    [
      'a volume that is not defined',
      'muster:/var/lib/muster',
      'other:/var/lib/muster',
      'worker: names what is not there: other',
    ],
    [
      'no health check',
      'healthcheck:\n      test: [CMD, node',
      'x-health:\n      test: [CMD, node',
      'worker: has no health check',
    ],
    [
      'a start that does not wait',
      'temporal: { condition: service_healthy }',
      'temporal: { condition: service_started }',
      'temporal-namespace: waits loosely for temporal',
    ],
    ['a config by content', 'file: ./policy.yaml', 'content: x', 'the config policy is no file'],
    ['capabilities', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 'worker: keeps capabilities'],
    ['a writable image', 'read_only: true', 'read_only: false', 'worker: can write its own image'],
  ])('is refused with %s', async (_, from, to, expected) => {
    const text = await read('docker-compose.yml');
    expect(text).toContain(from);
    expect(safetyProblems(text.replace(from, to))).toContain(expected);
  });
});

describe('the image', () => {
  test('is built in stages on slim Debian with the pinned Node, and runs unprivileged', async () => {
    const lines = (await read('Dockerfile')).split('\n');
    const texts = z.record(z.string(), z.string());
    const { devDependencies, scripts } = z
      .object({ devDependencies: texts, scripts: texts })
      .parse(JSON.parse(await read('package.json')));
    const bases = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(bases.map((base = '') => base.split('@sha256:')[0])).toEqual(
      Array(2).fill(`node:${devDependencies['node']}-bookworm-slim`),
    );
    for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
    expect(lines).toContainEqual(expect.stringMatching(/^RUN npm ci --omit=dev /));
    expect(lines).toContainEqual(expect.stringMatching(/^HEALTHCHECK .*"workers\/health\.ts"/));
    const command = [...(scripts['worker']?.split(' ') ?? []), '--host', '0.0.0.0'];
    expect(lines.at(-2)).toBe(`CMD ${JSON.stringify(command).replaceAll(',', ', ')}`);
  });

  test('is made of named folders only, none of which holds secrets or state', async () => {
    const lines = (await read('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    const copied = (await read('Dockerfile')).matchAll(/^COPY (?!--from)(.*) \S+$/gm);
    const allowed = lines.slice(1).map((line) => line.slice(1));
    expect(new Set([...copied].flatMap(([, paths = '']) => paths.split(' ')))).toEqual(new Set(allowed));
  });
});

test('the example environment names only variables that Muster reads, and holds no secret', async () => {
  const example = (await read('.env.example')).matchAll(/^#?([A-Z][A-Z_]+)=(.*)$/gm);
  const config = await read('config/config.ts');
  const variables = [...example].map(([, name = '', value = '']) => ({ name, value }));
  expect(variables.length).toBeGreaterThan(10);
  for (const { name } of variables)
    expect([`'${name}'`, `'${name.replace(/_FILE$/, '')}'`].some((quoted) => config.includes(quoted))).toBe(true);
  expect(variables.filter(({ name, value }) => name.endsWith('_KEY') && value !== '')).toEqual([]);
});
