import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openInventory } from '../../support/inventory.ts';
import { startDevServer } from '../../support/engine.ts';
import { eventually } from '../../support/muster.ts';
import { cleanEnvironment, startProgram } from '../../support/processes.ts';

let opened: AsyncDisposableStack;
let env: Record<string, string>;

/** No worker runs: whatever is waited for never comes. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-waiting-'));
  stack.defer(() => rm(home, { recursive: true }));
  const engine = stack.use(await startDevServer());
  env = { ...cleanEnvironment(), ...engine.env, MUSTER_HOME: home };
  await (await openInventory({ file: join(home, 'inventory.db') })).close();
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

const muster = (...args: string[]) => startProgram('client/cli/main.ts', { args, env });

test.each<[string, readonly string[], RegExp, RegExp]>([
  [
    'a joiner',
    ['joiner', '--person-id', 'e-1', '--email', 'ada@example.com', '--event-id', 'j-1', '--wait'],
    /^Waiting for the outcome of the joiner of e-1, at most 5 minutes\. Ctrl-C ends only the wait\.$/m,
    /^Interrupted: event j-1 is recorded, and person\/e-1 goes on\. See `npx muster person show e-1`\n$/m,
  ],
  [
    'a full sync',
    ['sync', 'run'],
    /^Waiting for the sync to read all of Datadog, at most 30 minutes\. Ctrl-C ends only the wait\.$/m,
    /^Interrupted: it goes on where a worker runs \(`npx muster doctor`\); see `npx muster sync status`\n$/m,
  ],
])('the wait for %s says what it is for, and Ctrl-C ends it with 130', async (_what, args, waiting, interrupted) => {
  expect(await muster('schedule', 'apply').exited).toMatchObject({ code: 0 });
  const program = muster(...args, '--json');
  await eventually('the wait to begin', () => {
    if (!program.isRunning()) throw new Error(program.said.err);
    return waiting.test(program.said.err);
  });
  const { code, signal, out, err } = await program.end('SIGINT');
  expect({ code, signal, out }).toEqual({ code: 130, signal: null, out: '' });
  expect(err).toMatch(interrupted);
  expect(err).not.toMatch(/\n\s+at |Warning/);
});
