import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openInventory } from '../../support/inventory.ts';
import { runCli } from '../../../client/cli/run.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import { startDevServer } from '../../support/engine.ts';
import { hrEvent, knowPerson } from '../../support/muster.ts';
import { createShell } from '../support/shell.ts';
import { giveToken } from '../../support/operators.ts';

let opened: AsyncDisposableStack;
let env: Record<string, string>;
const applied = hrEvent('leaver', 'u-1');

/** No worker runs: what is refused here is refused without one. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-undo-'));
  stack.defer(() => rm(home, { recursive: true }));
  const engine = stack.use(await startDevServer());
  env = { MUSTER_HOME: home, ...engine.env };
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const at = new Date().toISOString();
  await inventory.receiveEvent(applied, at);
  await inventory.endEvents('u-1', [{ eventId: applied.eventId, outcome: { kind: 'completed', parts: [] } }], at);
  await knowPerson({ inventory }, 'u-2', 'u-2@example.com', 'left');
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

const by = ['--as', 'it@example.com'];
test.each<[string, readonly string[], number, RegExp]>([
  ['cancelling an applied event is refused', ['events', 'cancel', applied.eventId, ...by], 3, /taken already/],
  ['cancelling an unknown event fails', ['events', 'cancel', 'none', ...by], 1, /No event none/],
  ['cancelling by nobody is wrong usage', ['events', 'cancel', applied.eventId], 2, /--as <email> is missing/],
  ['restoring somebody never disabled is refused', ['person', 'restore', 'u-2', ...by], 3, /nothing is recorded/],
  ['restoring a stranger fails', ['person', 'restore', 'u-9', ...by], 1, /No person u-9/],
])('%s', async (_what, args, expected, message) => {
  const shell = createShell({ cwd: env['MUSTER_HOME'] ?? '', env });
  const code = await runCli(args, shell);
  expect({ code, out: shell.out() }).toEqual({ code: expected, out: '' });
  expect(shell.err()).toMatch(message);
});

test('an admin token proves the operator; a claim is refused where the policy takes none', async () => {
  const home = env['MUSTER_HOME'] ?? '';
  const run = async (args: readonly string[], more: Record<string, string> = {}) => {
    const shell = createShell({ cwd: home, env: { ...env, ...more } });
    return { code: await runCli(args, shell), err: shell.err() };
  };
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const { id, token } = await giveToken({ inventory, home }, { role: 'admin', personId: 'boss-1' });
  await knowPerson({ inventory }, 'boss-2', 'boss-2@example.com');
  const approver = await giveToken({ inventory, home }, { role: 'approver', personId: 'boss-2' });
  const at = new Date().toISOString();
  for (const personId of ['u-3', 'u-4']) await inventory.bindAccount(personId, `acc-${personId}`, at);
  const people = [{ personId: 'u-3', subjects: ['u-3/missing'] }];
  const batch = { batchId: 'b-1', runId: 'r-1', openedAt: at, budget: 1, people };
  await inventory.openQuarantine(batch);

  const why = ['--reason', 'two people in one account'];
  expect((await run(['person', 'unlink', 'u-3', ...why], { MUSTER_TOKEN: token })).code).toBe(0);
  expect((await run(['person', 'unlink', 'u-4', ...by, ...why])).code).toBe(0);
  const refused = await run(['person', 'unlink', 'u-4', ...why], { MUSTER_TOKEN: approver.token });
  expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('operator or admin') });
  const policy = join(home, 'strict.yaml');
  const example = await readFile(examplePolicyPath, 'utf8');
  await writeFile(policy, `${example.replace(/^approvals:[^]*?(?=^\S)/m, '')}\napprovals: { acceptClaimed: false }\n`);
  const strict = { MUSTER_POLICY: policy };
  expect(await run(['sync', 'reject', 'b-1', ...by], strict)).toMatchObject({
    code: 3,
    err: expect.stringContaining('is only claimed'),
  });
  expect(await run(['sync', 'reject', 'b-1', ...why], { ...strict, MUSTER_TOKEN: token })).toMatchObject({ code: 0 });

  const links = await inventory.listEvidence({ limit: 100, offset: 0 });
  expect(links.filter(({ action }) => !action.endsWith('token'))).toMatchObject([
    {
      personId: 'u-3',
      action: 'unlink account',
      actor: 'boss-1',
      proof: 'attested',
      tokenId: id,
      reason: 'two people in one account',
      before: { accountId: 'acc-u-3' },
      after: { accountId: null },
    },
    { personId: 'u-4', action: 'unlink account', actor: 'it@example.com', proof: 'claimed' },
    { personId: 'sync/b-1', action: 'reject held repairs', actor: 'boss-1', proof: 'attested', after: { people } },
  ]);
});

test('an event of the command line is on record in the name of its operator, by each command', async () => {
  const home = env['MUSTER_HOME'] ?? '';
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  await knowPerson({ inventory }, 'boss-3', 'boss-3@example.com');
  const { id, token } = await giveToken({ inventory, home }, { role: 'operator', personId: 'boss-3' });
  await writeFile(join(home, 'people.csv'), 'personId,email,department\nu-8,u-8@example.com,Sales\n');
  const lines: readonly (readonly string[])[] = [
    ['joiner', '--person-id', 'u-7', '--email', 'u-7@example.com', '--event-id', 'joins', '--reason', 'hired'],
    ['leaver', '--person-id', 'u-7', '--event-id', 'leaves', '--immediate'],
    ['person', 'retry', 'u-2', '--reason', 'the key is mended'],
    ['roster', 'apply', 'people.csv', '--yes', '--reason', 'the first of the month'],
  ];
  for (const line of lines) {
    const shell = createShell({ cwd: home, env: { ...env, MUSTER_TOKEN: token } });
    expect({ line, code: await runCli(line, shell) }).toEqual({ line, code: 0 });
  }
  const claimed = createShell({ cwd: home, env });
  expect(
    await runCli(['leaver', '--person-id', 'u-7', '--event-id', 'claimed', '--as', 'it@example.com'], claimed),
  ).toBe(0);

  const attested = { actor: 'boss-3', proof: 'attested', tokenId: id };
  const links = await inventory.listEvidence({ limit: 100, offset: 0 });
  expect(links.slice(-5)).toMatchObject([
    { personId: 'u-7', eventId: 'joins', action: 'submit joiner', ...attested, reason: 'hired' },
    { personId: 'u-7', eventId: 'leaves', action: 'submit leaver', ...attested },
    { personId: 'u-2', action: 'submit reconcile', ...attested, reason: 'the key is mended' },
    {
      personId: 'roster/hr',
      action: 'apply roster',
      ...attested,
      after: { joiner: 1 },
      reason: 'the first of the month',
    },
    { personId: 'u-7', eventId: 'claimed', action: 'submit leaver', actor: 'it@example.com', proof: 'claimed' },
  ]);
  const shown = createShell({ cwd: home, env });
  expect(await runCli(['person', 'show', 'u-7', '--wide'], shown)).toBe(0);
  expect(shown.out()).toMatch(new RegExp(`submit joiner +hired +boss-3 \\(attested by token ${id}\\)`));
});
