import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openInventory } from '../../support/inventory.ts';
import { loadPolicy } from '../../../policy/file.ts';
import type { OnlineCheck } from '../../../client/cli/policyOnline.ts';
import { runCli } from '../../../client/cli/run.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { officialClient } from '../../support/officialClient.ts';
import { createShell } from '../support/shell.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-policy-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const shell = createShell({ cwd, env });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

test('the policy that init writes is sound, and is not overwritten', async () => {
  const first = await run(['policy', 'init', '--json']);
  expect(first.code).toBe(0);
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  expect(JSON.parse(first.out)).toEqual({
    path: join(cwd, 'policy.yaml'),
    defaultTimeZone: timeZone,
    unknownNames: ['security-lead@example.com', 'it-lead@example.com'],
  });
  const check = await run(['policy', 'check', 'policy.yaml', '--json']);
  expect(check.code).toBe(0);
  expect(JSON.parse(check.out)).toMatchObject({ ok: true, mode: 'enforce', rules: 3 });
  await writeFile(join(cwd, 'policy.yaml'), 'mine');
  const again = await run(['policy', 'init']);
  expect(again).toMatchObject({ code: 2, out: '', err: expect.stringContaining('policy.yaml is there already') });
  expect(await readFile(join(cwd, 'policy.yaml'), 'utf8')).toBe('mine');
});

test('the policy that init writes names the given time zone, and says which one it took', async () => {
  const given = await run(['policy', 'init', 'given.yaml', '--time-zone', 'Pacific/Auckland']);
  expect(given).toMatchObject({ code: 0, out: expect.stringContaining('live in Pacific/Auckland: their access') });
  const policy = await loadPolicy(join(cwd, 'given.yaml'), { datadogIsSimulator: true });
  expect(policy.defaultTimeZone).toBe('Pacific/Auckland');

  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const taken = await run(['policy', 'init', 'taken.yaml']);
  expect(taken.out).toContain(`live in ${timeZone} (this machine's; --time-zone names another one)`);
  expect(await run(['policy', 'init', 'wrong.yaml', '--time-zone', 'Berlin'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('IANA time zone'),
  });
});

test('the policy of init for a Datadog site observes, and is sound once it names the domains', async () => {
  const site = { DD_SITE: 'datadoghq.eu' };
  await run(['policy', 'init', 'mine.yaml', '--domain', 'example.com', '--domain', 'Example.org'], site);
  const sound = await run(['policy', 'check', 'mine.yaml', '--json'], site);
  expect([sound.code, JSON.parse(sound.out)]).toEqual([0, expect.objectContaining({ ok: true, mode: 'observe' })]);
  expect(await readFile(join(cwd, 'mine.yaml'), 'utf8')).toContain('allowedDomains: [example.com, example.org]');
  await run(['policy', 'init', 'other.yaml'], site);
  const without = await run(['policy', 'check', 'other.yaml'], site);
  expect(without.code).toBe(2);
  expect(without.err).toMatch(/^error: .*other\.yaml:\d+:\d+: identity\.allowedDomains: .*name the e-mail domains/m);
});

test('the policy that init writes for a domain names no approver, and shows where to name them', async () => {
  const site = { DD_SITE: 'datadoghq.eu' };
  const { code, out } = await run(['policy', 'init', 'mine.yaml', '--domain', 'acme.test'], site);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('your own approvers') });
  const { rules, approvals } = await loadPolicy(join(cwd, 'mine.yaml'), { datadogIsSimulator: false });
  expect(rules.map(({ name, approval }) => [name, approval])).toEqual([
    ['everyone', undefined],
    ['engineering', undefined],
  ]);
  expect(approvals.default).toBeUndefined();

  const text = await readFile(join(cwd, 'mine.yaml'), 'utf8');
  expect(text).not.toContain('example.com');
  // The comments are the example itself: without their marks they are read.
  const blocks = text.replaceAll(/^ {2}# (?:- name: sre|default:)\n(?: {2}# {3}.*\n)+/gm, (block) =>
    block.replaceAll(/^ {2}# /gm, '  '),
  );
  await writeFile(join(cwd, 'filled.yaml'), blocks);
  const filled = await loadPolicy(join(cwd, 'filled.yaml'), { datadogIsSimulator: false });
  expect(filled.rules.at(-1)?.approval).toMatchObject({ people: ['somebody@acme.test'], manager: true });
  expect(filled.approvals.default).toMatchObject({ people: ['somebody@acme.test'] });
});

test('a policy without mode and domains is refused with a Datadog site, but not a simulator', async () => {
  await writeFile(join(cwd, 'policy.yaml'), 'version: 1\nrules: []\n');
  const { code, err } = await run(['policy', 'check', 'policy.yaml'], { DD_SITE: 'datadoghq.eu' });
  expect(code).toBe(2);
  expect(err).toMatch(/mode: is missing.*mode: observe/);
  expect(err).toMatch(/identity\.allowedDomains: is missing/);
  expect((await run(['policy', 'check', 'policy.yaml'])).code).toBe(0);
});

test('online, a role that is missing, a privileged one without approval and the domains are seen', async () => {
  await using simulator = await startSimulator({ people: 4, seed: 1 });
  const env = { MUSTER_DATADOG_URL: simulator.url, DD_API_KEY: simulator.apiKey, DD_APP_KEY: simulator.appKey };
  const rules = 'rules: [{ name: all, roles: [Datadog Admin Role, No Such Role], teams: [engineering] }]';
  const domains = 'identity: { allowedDomains: [example.com, unused.example] }';
  await writeFile(join(cwd, 'p.yaml'), `version: 1\n${domains}\n${rules}\n`);
  const bad = await run(['policy', 'check', 'p.yaml', '--online', '--json'], env);
  expect(bad.code).toBe(1);
  const { ok, online } = JSON.parse(bad.out) as { ok: boolean; online: OnlineCheck };
  expect(ok).toBe(false);
  expect(online.problems).toEqual([expect.stringMatching(/role "No Such Role" of rule all does not exist/)]);
  expect(online.warnings).toEqual([
    expect.stringMatching(/"Datadog Admin Role" is privileged/),
    expect.stringMatching(/unused\.example/),
  ]);
  expect(online.domains).toContainEqual({ domain: 'example.com', accounts: 5, isAllowed: true });
  expect(online.entitlements.find(({ kind }) => kind === 'team')?.ids).toHaveLength(1);

  simulator.keys.setScopes(['user_access_read', 'user_access_invite', 'user_access_manage']);
  await writeFile(join(cwd, 'p.yaml'), `version: 1\n${rules.replace(', No Such Role', '')}\n`);
  const unseen = await run(['policy', 'check', 'p.yaml', '--online'], env);
  expect(unseen.code).toBe(0);
  expect(unseen.err).toMatch(/warning: the team "engineering" cannot be checked: .*teams_read/);
});

test('online, a name that only looks like one in Datadog is said with the exact one', async () => {
  await using simulator = await startSimulator({ people: 0 });
  const env = { MUSTER_DATADOG_URL: simulator.url, DD_API_KEY: simulator.apiKey, DD_APP_KEY: simulator.appKey };
  const { roles } = officialClient(simulator);
  for (const name of ['Support ', 'E\u0301quipe', 'On-Call']) {
    await roles.createRole({ body: { data: { type: 'roles', attributes: { name } } } });
  }
  const named = ['Support', '\u00c9quipe', 'on-call', 'Engineering'].map((name) => JSON.stringify(name)).join(', ');
  const rules = `rules: [{ name: all, roles: [${named}], teams: [Engineering, ENGINEERING] }]`;
  await writeFile(join(cwd, 'p.yaml'), `version: 1\n${rules}\n`);
  const { out } = await run(['policy', 'check', 'p.yaml', '--online', '--json'], env);
  const { online } = JSON.parse(out) as { online: OnlineCheck };
  expect(online.problems).toEqual([
    expect.stringMatching(/"Support" .* did you mean "Support "\? It differs in blanks around it: rename it/),
    expect.stringMatching(/"Équipe" .* did you mean "E\\u0301quipe"\? It differs in Unicode form: correct/),
    expect.stringMatching(/"on-call" .* did you mean "On-Call"\? It differs in case: correct the policy/),
    expect.stringMatching(/role "Engineering" of rule all does not exist in Datadog: correct the policy/),
    expect.stringMatching(/team "ENGINEERING" .* did you mean "engineering" or "Engineering"\?/),
  ]);
});

test('diff says who of the known people gains and loses what', async () => {
  const home = join(cwd, '.muster');
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  for (const [personId, department] of [
    ['e-1', 'Engineering'],
    ['e-2', 'SRE'],
    ['e-3', 'Sales'],
  ] as const) {
    const person = { employment: 'employed', attributes: { email: `${personId}@example.com`, department } } as const;
    await inventory.inTransaction((trx) => trx.adoptPerson({ personId, ...person, at: '2026-01-01T00:00:00.000Z' }));
  }
  const approval = 'approval: { people: [a@example.com], fallback: [b@example.com] }';
  await writeFile(
    join(cwd, 'old.yaml'),
    `version: 1\nrules: [{ name: e, when: { department: Engineering }, roles: Standard }, { name: s, when: { department: SRE }, roles: Admin, ${approval} }]\n`,
  );
  await writeFile(
    join(cwd, 'new.yaml'),
    `version: 1\nrules: [{ name: e, when: { department: Engineering }, teams: core }, { name: s, when: { department: SRE }, roles: Admin }]\n`,
  );
  const { code, out } = await run(['policy', 'diff', 'old.yaml', 'new.yaml', '--json'], { MUSTER_HOME: home });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    people: 3,
    changes: [
      {
        personId: 'e-1',
        gains: [{ kind: 'team', name: 'core', onApproval: false }],
        loses: [{ kind: 'role', name: 'Standard' }],
      },
      { personId: 'e-2', gains: [{ kind: 'role', name: 'Admin', onApproval: false }], loses: [] },
    ],
  });
  const words = await run(['policy', 'diff', 'old.yaml', 'new.yaml'], { MUSTER_HOME: home });
  expect(words.out).toMatch(/2 of 3 people.*e-1 +gains +team +core/s);
});

test('check names every problem of a bad policy with its line and fails', async () => {
  await writeFile(join(cwd, 'bad.yaml'), 'version: 1\nrules:\n  - name: x\n    rolez: [A]\n');
  const json = await run(['--json', 'policy', 'check', 'bad.yaml']);
  expect(json.code).toBe(2);
  expect(JSON.parse(json.out)).toEqual({
    ok: false,
    problems: expect.arrayContaining([expect.stringMatching(/bad\.yaml:4:\d+: .*rolez/)]),
  });
  const words = await run(['policy', 'check', 'bad.yaml']);
  expect(words.err).toMatch(/^error: .*bad\.yaml:4:\d+: .*rolez/m);
});

test('explain says what a person would get, by which rule, and why another rule does not match', async () => {
  await run(['policy', 'init']);
  const args = ['policy', 'explain', '--policy', 'policy.yaml', '--department', 'SRE'];
  const { code, out } = await run([...args, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    granted: [{ kind: 'role', name: 'Datadog Read Only Role', rules: ['everyone'] }],
    onApproval: [{ entitlements: [{ kind: 'role', name: 'Datadog Admin Role' }] }],
    rules: expect.arrayContaining([
      expect.objectContaining({
        matched: false,
        conditions: [expect.objectContaining({ actual: 'SRE', holds: false })],
      }),
    ]),
  });
  expect((await run(args)).out).toContain('department is SRE, not Engineering');
});

test('explain with a policy that cannot be used is wrong usage', async () => {
  await writeFile(join(cwd, 'bad.yaml'), 'version: 7\n');
  const { code, out, err } = await run(['policy', 'explain', '--policy', 'bad.yaml', '--json']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: .*version/s);
});

test('check warns where several sources speak and nobody says whose word counts', async () => {
  const sources = 'sources:\n  - { name: okta }\n  - { name: hr, verify: standardWebhooks }\n';
  const write = (more: string) => writeFile(join(cwd, 'p.yaml'), `version: 1\nrules: []\n${sources}${more}`);
  await write('');
  expect(await run(['policy', 'check', 'p.yaml'])).toMatchObject({
    code: 0,
    err: expect.stringContaining(
      'warning: identity.authority is missing: the sources rank as they are listed (okta, hr)',
    ),
  });
  await write('identity: { authority: [hr, okta] }\n');
  expect(await run(['policy', 'check', 'p.yaml'])).toMatchObject({ code: 0, err: '' });
});
