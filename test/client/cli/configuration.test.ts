import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { createShell } from '../support/shell.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-configuration-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const shell = createShell({ cwd, env });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

test.each([
  ['joiner', ['joiner', '--person-id', 'e-1', '--email', 'ada@example.com']],
  ['person retry', ['person', 'retry', 'e-1']],
  ['approvals approve', ['approvals', 'approve', 'x', '--as', 'lead@example.com']],
  ['sync run', ['sync', 'run']],
  ['sync status', ['sync', 'status']],
  ['schedule apply', ['schedule', 'apply']],
])(
  '%s without an engine ends with 2, names npm start and TEMPORAL_ADDRESS, and leaves nothing',
  async (_name, args) => {
    const { code, out, err } = await run([...args, '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: .*`npm start`.*TEMPORAL_ADDRESS\n$/);
    expect(await readdir(cwd)).toEqual([]);
  },
);

test.each([
  ['person', 'list'],
  ['approvals', 'list'],
  ['inventory', 'users'],
  ['audit', 'list'],
])('%s %s without an inventory ends with 2 and creates none', async (...args) => {
  const { code, out, err } = await run([...args, '--json']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: There is no inventory at .*`npm start`.*DATABASE_URL\n$/);
  expect(await readdir(cwd)).toEqual([]);
});

test('an engine that does not answer is a failure that names the address', async () => {
  const { code, out, err } = await run(['sync', 'status'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^error: The engine at 127\.0\.0\.1:1 did not answer .*\n$/);
});

test('a dry run prints the process and what the policy grants, and starts and leaves nothing', async () => {
  const person = ['--person-id', 'e-1', '--email', 'ada@example.com', '--department', 'SRE'];
  const { code, out } = await run(['joiner', ...person, '--effective', '2026-02-01', '--dry-run', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    dryRun: true,
    workflowId: 'person/e-1',
    process: 'onboarding',
    event: { kind: 'joiner', personId: 'e-1', effectiveAt: '2026-02-01T00:00:00.000Z', source: 'cli' },
    mode: 'enforce',
    gives: [{ kind: 'role', name: 'Datadog Read Only Role' }],
    onApproval: [{ kind: 'role', name: 'Datadog Admin Role' }],
    takes: [],
  });
  expect(await readdir(cwd)).toEqual([]);
});

test('a dry run of a mover of whom nothing is known asks for the e-mail', async () => {
  const { code, err } = await run(['mover', '--person-id', 'e-1', '--title', 'Lead', '--dry-run']);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^error: --email is missing/) });
});

test('keys never appear in what is printed', async () => {
  const canary = 'canary0123456789canary0123456789';
  await writeFile(join(cwd, 'key'), `${canary}\n`);
  const env = { MUSTER_DATADOG_URL: 'http://127.0.0.1:1', DD_API_KEY: canary, DD_APP_KEY_FILE: join(cwd, 'key') };
  for (const args of [['doctor', '--json'], ['doctor'], ['sync', 'run']]) {
    const { code, out, err } = await run(args, env);
    expect(code).not.toBe(0);
    expect(out + err).not.toContain(canary);
  }
});
