import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProgram, runCli } from '../../client/cli/run.ts';
import { applySchedules } from '../../client/operations/schedule.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { createShell } from '../client/support/shell.ts';
import { leavesOf, mentionedCommands, pages, shownCommands, wordsOf, type ShownCommand } from '../support/documents.ts';
import { startDevServer } from '../support/engine.ts';
import { startTestMuster } from '../support/muster.ts';
import { giveToken } from '../support/operators.ts';

/** What a page writes in place of a value. */
const placeholders: Readonly<Record<string, string>> = {
  ID: 'e-1042',
  UUID: '6a9e4c1e-1f4f-11f0-9cd2-0242ac120002',
  EMAIL: 'cto@example.com',
  YOU: 'it@example.com',
  BATCH: '4be61c09a2f7',
  NAME: 'core',
  FILE: 'policy.yaml',
  'SEQ:HASH': `1:${'0'.repeat(64)}`,
};

/** Every command line that a help text, the README or a page of the documentation shows. */
async function collectExamples(): Promise<readonly ShownCommand[]> {
  const program = await createProgram(createShell(), () => undefined);
  const found: ShownCommand[] = [];
  const leaves = leavesOf(program);
  for (const { path } of leaves) {
    const shell = createShell();
    await runCli([...path.split(' '), '--help'], shell);
    for (const line of shell.out().match(/(?<=^Example: ).*$/gm) ?? []) {
      found.push({ where: `${path} --help`, line, words: wordsOf(line) ?? [] });
    }
  }
  const names = new Set(leaves.map(({ path }) => path));
  const mentioned = pages.flatMap(mentionedCommands).filter(({ words }) => !names.has(words.join(' ')));
  found.push(...pages.flatMap(shownCommands), ...mentioned);
  const filled = found.map((one) => ({ ...one, words: one.words.map((word) => placeholders[word] ?? word) }));
  return [...new Map(filled.map((one) => [`${one.where} ${one.line}`, one])).values()];
}
const examples = await collectExamples();

let opened: AsyncDisposableStack;
let env: Record<string, string>;
let token: string;

/** A small Muster that runs, and a token as pages set it: a worker, an inventory, a simulated Datadog whose people accept at once. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  const simulator = { people: 3, nhis: 2, seed: 1, acceptAfterMs: 100 };
  const muster = stack.use(await startTestMuster({ client: engine.client, connection, simulator }));
  const { sync, roster } = muster.policy;
  await applySchedules(engine.client, { sync: { ...sync, lightEveryMs: 1_000, cron: '0 3 1 1 *' }, roster });
  ({ token } = await giveToken(muster, { role: 'admin', personId: 'e-7' }));
  env = {
    MUSTER_HOME: muster.home,
    ...engine.env,
    MUSTER_DATADOG_URL: muster.simulator.url,
    DD_API_KEY: muster.simulator.apiKey,
    DD_APP_KEY: muster.simulator.appKey,
  };
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

/** A folder with the files that examples name, as somebody who follows them has it. */
async function makeFolder(words: readonly string[]): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'muster-examples-'));
  const policy = await readFile(examplePolicyPath, 'utf8');
  for (const name of ['policy.yaml', 'policy.next.yaml', 'old.yaml', 'new.yaml']) {
    // `policy init` writes it, and overwrites nothing.
    if (words[1] !== 'init') await writeFile(join(cwd, name), policy);
  }
  const key = createPublicKey(await readFile(join(env['MUSTER_HOME'] ?? '', 'signing.key')));
  await writeFile(join(cwd, 'muster-public.pem'), key.export({ type: 'spki', format: 'pem' }));
  await writeFile(
    join(cwd, 'people.csv'),
    'personId,email,name,department\ne-2001,ann@example.com,Ann Example,Sales\n',
  );
  const data = { id: 'm-7', work_email: 'ann@example.com', employment_status: 'ACTIVE' };
  await writeFile(join(cwd, 'payload.json'), JSON.stringify({ hook: { event: 'Employee.changed' }, data }));
  return cwd;
}

test('there are examples of every command', () => {
  expect(examples.length).toBeGreaterThan(80);
  expect(examples.filter(({ words }) => words.length === 0)).toEqual([]);
});

// It runs until it is stopped, and has tests of its own.
const runnable = examples.filter(({ words }) => words[0] !== 'simulator');
test.each(runnable.map((one) => [one.where, one.line, one] as const))(
  '%s: %s is no wrong usage',
  async (where, _line, { words }) => {
    const cwd = await makeFolder(words);
    try {
      const shell = createShell({ cwd, env: where.endsWith('--help') ? env : { ...env, MUSTER_TOKEN: token } });
      const code = await runCli(words, shell);
      // 2 is wrong usage. What is not there (1) and what the policy refuses (3) is as it should be.
      expect({ code, err: [0, 1, 3].includes(code) ? '' : shell.err() }).toEqual({ code, err: '' });
      expect([0, 1, 3]).toContain(code);
    } finally {
      await rm(cwd, { recursive: true });
    }
  },
);
