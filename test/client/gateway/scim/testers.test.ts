import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { pythonWith } from '../../../support/python.ts';
import { startScim, type TestScim } from '../../support/scim.ts';

/** Two testers of SCIM servers that others wrote, over HTTP. */

const run = promisify(execFile);
const packages = ['scim2-cli==0.6.0', 'scim2-tester==0.5.2', 'scim2-client==0.13.2', 'scim2-models==0.12.3'];

test('scim2-tester finds no error', async () => {
  await using scim = await startScim();
  const url = await listen(scim);
  const programs = await pythonWith(packages);
  const { stdout } = await attempt(join(programs, 'scim2'), ['--url', url, 'test', '--verbose'], {
    SCIM_CLI_HEADERS: `Authorization: Bearer ${scim.token}`,
  });
  expect(stdout.split('\n').filter((line) => /\bERROR\b|CRITICAL|Traceback/.test(line))).toEqual([]);
  expect(stdout.match(/SUCCESS/g)?.length ?? 0).toBeGreaterThan(50);
  expect(scim.errors).toEqual([]);
}, 300_000);

test('scim-sanity finds no failure', async () => {
  await using scim = await startScim();
  const url = await listen(scim);
  const programs = await pythonWith(['scim-sanity==0.7.4']);
  const options = ['--token', scim.token, '--json-output', '--i-accept-side-effects'];
  const { stdout } = await attempt(join(programs, 'scim-sanity'), ['probe', url, ...options]);
  expect(JSON.parse(stdout)).toMatchObject({ summary: { failed: 0 } });
  expect(scim.errors).toEqual([]);
}, 300_000);

async function listen({ app }: Pick<TestScim, 'app'>): Promise<string> {
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/scim/v2`;
}

/** What it wrote, whatever its exit code: the test judges by that. */
async function attempt(program: string, parameters: readonly string[], env: Readonly<Record<string, string>> = {}) {
  try {
    return await run(program, parameters, { env: { ...process.env, ...env }, maxBuffer: 64 * 1_024 * 1_024 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (stdout === '') throw new Error(`${program} wrote nothing: ${stderr}`, { cause: error });
    return { stdout, stderr };
  }
}
