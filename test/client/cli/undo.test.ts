import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openInventory } from '../../../activities/inventory/index.ts';
import { runCli } from '../../../client/cli/run.ts';
import { startDevServer } from '../../support/engine.ts';
import { hrEvent, knowPerson } from '../../support/muster.ts';
import { createShell } from '../support/shell.ts';

let opened: AsyncDisposableStack;
let env: Record<string, string>;
const applied = hrEvent('leaver', 'u-1');

/** No worker runs: what is refused here is refused without one. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-undo-'));
  stack.defer(() => rm(home, { recursive: true }));
  const engine = stack.use(await startDevServer());
  env = { MUSTER_HOME: home, TEMPORAL_ADDRESS: engine.address };
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const at = new Date().toISOString();
  await inventory.receiveEvent(applied, at);
  await inventory.endEvents('u-1', [{ eventId: applied.eventId, outcome: { kind: 'completed', parts: [] } }], at);
  await knowPerson({ inventory }, 'u-2', 'u-2@example.com', { employment: 'left' });
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

const by = ['--as', 'it@example.com'];
test.each<[string, readonly string[], number, RegExp]>([
  ['cancelling an applied event is refused', ['events', 'cancel', applied.eventId, ...by], 3, /taken already/],
  ['cancelling an unknown event is wrong usage', ['events', 'cancel', 'none', ...by], 2, /No event none/],
  ['cancelling by nobody is wrong usage', ['events', 'cancel', applied.eventId], 2, /--as <email> is missing/],
  ['restoring somebody never disabled is refused', ['person', 'restore', 'u-2', ...by], 3, /nothing is recorded/],
  ['restoring a stranger fails', ['person', 'restore', 'u-9', ...by], 1, /No person u-9/],
])('%s', async (_what, args, expected, message) => {
  const shell = createShell({ cwd: env['MUSTER_HOME'] ?? '', env });
  const code = await runCli(args, shell);
  expect({ code, out: shell.out() }).toEqual({ code: expected, out: '' });
  expect(shell.err()).toMatch(message);
});
