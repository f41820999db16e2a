import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { loadPolicy } from '../../../policy/file.ts';
import type { Instance } from '../../../domain/instances.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { openInventory } from '../../support/inventory.ts';
import { createShell } from '../support/shell.ts';

let cwd: string;
let enforcing: Policy;

/** The file says `observe`; the draft, and what was in the file before, `enforce`. */
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-in-force-'));
  for (const [file, mode] of Object.entries({ policy: 'observe', draft: 'enforce' })) {
    await writeFile(join(cwd, `${file}.yaml`), `version: 1\nmode: ${mode}\nrules: []\n`);
  }
  await writeFile(join(cwd, 'people.csv'), 'personId,email,name\ne-1,ann@example.com,Ann Example\n');
  enforcing = await loadPolicy(join(cwd, 'draft.yaml'), { datadogIsSimulator: true });
});
afterAll(() => rm(cwd, { recursive: true }));
beforeEach(() => rm(join(cwd, 'inventory.db'), { force: true }));

async function report(policy: Pick<Policy, 'hash' | 'mode'>, secondsAgo = 0): Promise<void> {
  await using inventory = await openInventory({ file: join(cwd, 'inventory.db') });
  const at = new Date(Date.now() - secondsAgo * 1_000).toISOString();
  const instance: Omit<Instance, 'policyHash' | 'mode'> = {
    ...{ id: 'i-1', kind: 'worker', host: 'host-1', version: '1.0.0', startedAt: at, lastSeenAt: at, policySince: at },
  };
  await inventory.reportInstance({ ...instance, policyHash: policy.hash, mode: policy.mode });
}

async function run(...args: readonly string[]) {
  const shell = createShell({ cwd, env: { MUSTER_HOME: cwd } });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

const joiner = ['joiner', '--person-id', 'e-1', '--email', 'ann@example.com', '--dry-run'];
const isWarned =
  /^(?:warning|note): the worker on host-1 has the policy [0-9a-f]{12}, mode enforce in force, and \S+ is /;

test('a dry run by a file that observes promises nothing while the worker enforces', async () => {
  await report(enforcing);
  const { code, out, err } = await run(...joiner);
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(isWarned) });
  expect(out).not.toContain('nothing would be written');
  const json = JSON.parse((await run(...joiner, '--json')).out) as unknown;
  expect(json).toMatchObject({
    mode: 'enforce',
    policyInForce: { hash: enforcing.hash, mode: 'enforce', same: false },
  });
});

test('a dry run where the worker has taken the file over says what it does, without a warning', async () => {
  const { hash } = await loadPolicy(join(cwd, 'policy.yaml'), { datadogIsSimulator: true });
  await report({ hash, mode: 'observe' });
  expect(await run(...joiner)).toMatchObject({ out: expect.stringContaining('nothing would be written'), err: '' });
  expect(JSON.parse((await run(...joiner, '--json')).out)).toMatchObject({
    mode: 'observe',
    policyInForce: { hash, mode: 'observe', same: true },
  });
});

test.each([
  ['nobody reports', undefined],
  ['the worker was last seen five minutes ago', 300],
])('a dry run goes by the file alone where %s', async (_, secondsAgo) => {
  if (secondsAgo !== undefined) await report(enforcing, secondsAgo);
  const { out, err } = await run(...joiner, '--json');
  expect(err).toBe('');
  expect(JSON.parse(out)).toMatchObject({ mode: 'observe' });
  expect(JSON.parse(out)).not.toHaveProperty('policyInForce');
});

test.each([
  [['roster', 'plan', 'people.csv']],
  [['policy', 'explain', '--department', 'SRE']],
  [['policy', 'check', 'policy.yaml']],
  [['policy', 'diff', 'policy.yaml', 'draft.yaml']],
])('%j says that the worker follows another policy, and still succeeds', async (args) => {
  await report(enforcing);
  const { code, out, err } = await run(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(isWarned) });
  expect(JSON.parse(out)).toMatchObject({ policyInForce: { hash: enforcing.hash, mode: 'enforce', same: false } });
});

test('the draft that is in force already is the same', async () => {
  await report(enforcing);
  const { out, err } = await run('policy', 'check', 'draft.yaml', '--json');
  expect(err).toBe('');
  expect(JSON.parse(out)).toMatchObject({ policyInForce: { same: true } });
});
