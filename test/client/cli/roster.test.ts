import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import type { Shell } from '../../../client/cli/shell.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import { startDevServer } from '../../support/engine.ts';
import { openInventory } from '../../support/inventory.ts';
import { createShell } from '../support/shell.ts';

/** `roster apply` takes exactly what somebody has seen, and nothing that nobody has decided. */

let home: string;
let engine: Awaited<ReturnType<typeof startDevServer>>;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-roster-'));
  engine = await startDevServer();
  await (await openInventory({ file: join(home, 'inventory.db') })).close();
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

async function run(args: readonly string[], shell: Partial<Pick<Shell, 'confirm'>> = {}, policy?: string) {
  const env = {
    ...{ MUSTER_HOME: home, TEMPORAL_ADDRESS: engine.address },
    ...{ MUSTER_DATADOG_URL: 'http://127.0.0.1:9', DD_API_KEY: 'k', DD_APP_KEY: 'k' },
    ...(policy === undefined ? {} : { MUSTER_POLICY: policy }),
  };
  const made = createShell({ env, cwd: home, ...shell });
  const code = await runCli(['roster', ...args], made);
  return { code, out: made.out(), err: made.err() };
}

const put = (text: string) => writeFile(join(home, 'people.csv'), text);

test('apply takes the plan that was shown, asks at a terminal, and refuses another one', async () => {
  await put('id,email,department\nr-1,r-1@example.com,Engineering\n');
  const planned = await run(['plan', 'people.csv', '--json']);
  const plan: { hash: string; access: unknown } = JSON.parse(planned.out);
  expect(plan.access).toMatchObject({
    totals: expect.arrayContaining([{ kind: 'role', name: 'Datadog Standard Role', gain: 1, lose: 0 }]),
  });
  expect(await run(['apply', 'people.csv'])).toMatchObject({
    code: 2,
    err: expect.stringContaining(`--plan ${plan.hash}`),
  });
  const asked: string[] = [];
  const no = (question: string) => Promise.resolve(asked.push(question) > 9);
  expect(await run(['apply', 'people.csv'], { confirm: no })).toMatchObject({
    code: 3,
    err: expect.stringContaining('Datadog Standard Role'),
  });
  expect(asked).toEqual(['Apply this plan (1 events)? [y/N] ']);
  await put('id,email,department\nr-1,r-1@example.com,Sales\n');
  expect(await run(['apply', 'people.csv', '--plan', plan.hash])).toMatchObject({
    code: 3,
    err: expect.stringContaining('the plan is'),
  });
  await put('id,email,department\nr-1,r-1@example.com,Engineering\n');
  expect(await run(['apply', 'people.csv', '--plan', plan.hash])).toMatchObject({ code: 0 });
});

test('nothing is applied while a column is undecided, and lines not taken are refusals on record', async () => {
  await put('id,email,Phase\n2,r-2@example.com,Active\n3,r-3@example.com,Terminated\n4,,Active\n');
  expect(await run(['plan', 'people.csv'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('"Phase" looks like a status'),
  });
  expect(await run(['apply', 'people.csv', '--yes'])).toMatchObject({
    code: 3,
    err: expect.stringContaining('"Phase" looks like a status'),
  });
  const policy = join(home, 'policy.yaml');
  await writeFile(policy, `${await readFile(examplePolicyPath, 'utf8')}\nroster: { columns: { status: Phase } }\n`);
  const applied = await run(['apply', 'people.csv', '--yes', '--json'], {}, policy);
  expect(applied.code).toBe(1);
  expect(JSON.parse(applied.out)).toMatchObject({
    submitted: 1,
    items: [{ kind: 'joiner', externalId: '2' }],
    problems: [{ line: 4, message: 'email is missing' }],
  });
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  expect(await inventory.listRefusals({ limit: 9, offset: 0 })).toMatchObject([
    { source: 'hr', way: 'roster', ref: 'people.csv:4', externalId: '4', reason: 'email is missing', state: 'open' },
  ]);
});
