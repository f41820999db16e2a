import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
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
  expect(JSON.parse(first.out)).toEqual({ path: join(cwd, 'policy.yaml') });
  const check = await run(['policy', 'check', 'policy.yaml', '--json']);
  expect(check.code).toBe(0);
  expect(JSON.parse(check.out)).toMatchObject({ ok: true, mode: 'enforce', rules: 3 });
  await writeFile(join(cwd, 'policy.yaml'), 'mine');
  const again = await run(['policy', 'init']);
  expect(again).toMatchObject({ code: 2, out: '', err: expect.stringContaining('policy.yaml is there already') });
  expect(await readFile(join(cwd, 'policy.yaml'), 'utf8')).toBe('mine');
});

test('with a Datadog site a policy without a mode only observes', async () => {
  await run(['policy', 'init']);
  const { out } = await run(['policy', 'check', 'policy.yaml', '--json'], { DD_SITE: 'datadoghq.eu' });
  expect(JSON.parse(out)).toMatchObject({ mode: 'observe' });
});

test('check names every problem of a bad policy with its line and fails', async () => {
  await writeFile(join(cwd, 'bad.yaml'), 'version: 1\nrules:\n  - name: x\n    rolez: [A]\n');
  const json = await run(['--json', 'policy', 'check', 'bad.yaml']);
  expect(json.code).toBe(1);
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
