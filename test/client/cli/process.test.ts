import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { access, constants, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const main = resolve(import.meta.dirname, '../../../client/cli/main.ts');
let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-process-'));
});
afterEach(() => rm(cwd, { recursive: true }));

/** Runs the command line as a process that knows nothing but `env`. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((done) => {
    const child = execFile(process.execPath, [main, ...args], { cwd, env }, (_error, out, err) =>
      done({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

test('the version is printed and the command ends with 0', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
});

test('a wrong option ends with 2, and stdout stays empty', async () => {
  const { code, out, err } = await run(['leaver', '--person-id', 'e-1', '--effective', 'soon', '--json']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: --effective "soon" is not a date/);
});

test('doctor with nothing running prints one JSON value that says what to do, and ends with 1', async () => {
  const { code, out, err } = await run(['doctor', '--json']);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    checks: [
      { name: 'engine', status: 'missing', fix: expect.stringContaining('npm start') },
      { name: 'database', status: 'missing' },
      { name: 'policy', status: 'ok' },
      { name: 'site', status: 'missing', fix: expect.stringContaining('DD_SITE') },
    ],
  });
  expect(await readdir(cwd)).toEqual([]);
});

test('doctor says in one JSON value which variable is wrong', async () => {
  const { code, out } = await run(['doctor', '--json'], { DD_SITE: 'datadoghq.example' });
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, checks: [{ name: 'configuration', status: 'missing' }] });
});

test('npx can run it: the file is executable and names node', async () => {
  await expect(access(main, constants.X_OK)).resolves.toBeUndefined();
  expect(await readFile(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('an awkward simulator says its seed, and whose rows are odd', async () => {
  const child = spawn(process.execPath, [main, 'simulator', '--awkward'], { cwd, env: {} });
  const said = text(child.stderr);
  try {
    const [line]: string[] = await once(createInterface(child.stdout), 'line');
    const { url }: Record<string, string> = JSON.parse(line ?? '');
    const { users } = (await (await fetch(`${url}/control/users`)).json()) as { users: { email: string }[] };
    expect(users.map(({ email }) => email)).toContain('without-relationships@example.com');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await said).toMatch(/--awkward \d+ makes it so again/);
});

test('the simulator says where it listens in its first line, and ends with 0 on SIGTERM', async () => {
  const child = spawn(process.execPath, [main, 'simulator', '--people', '3', '--rate-limit', '100/10s'], {
    cwd,
    env: {},
  });
  try {
    const [line]: string[] = await once(createInterface(child.stdout), 'line');
    const { url, apiKey, appKey }: Record<string, string> = JSON.parse(line ?? '');
    const headers = { 'DD-API-KEY': apiKey ?? '', 'DD-APPLICATION-KEY': appKey ?? '' };
    const answer = await fetch(`${url}/api/v2/users`, { headers });
    expect(answer.status).toBe(200);
    const { data }: Record<string, unknown[]> = JSON.parse(await answer.text());
    expect(data?.length).toBeGreaterThan(3);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
});
