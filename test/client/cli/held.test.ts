import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { budgetOf, removalOf } from '../../support/changeBudget.ts';
import { startDevServer } from '../../support/engine.ts';
import { openInventory } from '../../support/inventory.ts';
import { hrEvent } from '../../support/muster.ts';
import { createShell } from '../support/shell.ts';

let opened: AsyncDisposableStack;
let home: string;
let env: Record<string, string>;
const people = { 'h-1': 'leaver', 'h-2': 'mover', 'h-3': 'email', 'h-4': 'leaver' } as const;
const why = ['--as', 'it@example.com', '--reason', 'agreed'];

/** No worker runs: what is decided here is carried out once one does. */
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  home = await mkdtemp(join(tmpdir(), 'muster-held-'));
  stack.defer(() => rm(home, { recursive: true }));
  env = { MUSTER_HOME: home, ...stack.use(await startDevServer()).env };
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  for (const [personId, kind] of Object.entries(people)) {
    const event = hrEvent(kind === 'leaver' ? 'leaver' : 'mover', personId);
    const at = new Date().toISOString();
    await inventory.receiveEvent(event, at);
    await inventory.admitRemoval(removalOf({ eventId: event.eventId, personId, kind, at }), budgetOf(0));
  }
  const repairs = [{ personId: 'h-5', subjects: ['h-5/missing'] }];
  const openedAt = new Date().toISOString();
  await inventory.openQuarantine({ batchId: 'b-1', runId: 'r-1', openedAt, budget: 0, people: repairs });
  opened = stack.move();
}, 60_000);
afterAll(() => opened?.disposeAsync());

async function run(...args: readonly string[]) {
  const shell = createShell({ cwd: home, env });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

interface Shown {
  readonly batch: string;
  readonly held?: readonly { readonly personId: string }[];
  readonly leavers?: readonly { readonly personId: string }[];
  readonly repairs?: { readonly batchId: string };
}

async function shown(...args: readonly string[]) {
  const { batch, held, leavers, repairs } = JSON.parse((await run(...args, '--json')).out) as Shown;
  return { batch, people: (held ?? leavers ?? []).map(({ personId }) => personId), repairs: repairs?.batchId };
}

test('everything that is held is one list, decided one by one, as a batch, or by its old names', async () => {
  const first = await shown('held', 'list');
  expect(first).toMatchObject({ people: Object.keys(people), repairs: 'b-1' });
  expect((await shown('leaver', 'held')).people).toEqual(['h-1', 'h-4']);
  const table = (await run('held', 'list')).out;
  expect(table).toMatch(/h-3 +email +hr .* 0 people an hour/);
  expect(table).toContain(`npx muster held release --batch ${first.batch} --reason TEXT`);
  expect(table).toContain('npx muster sync allow b-1');
  expect((await run('held', 'show', 'h-2')).out).toMatch(/h-2 +mover/);
  expect(await run('held', 'show', 'h-9')).toMatchObject({ code: 1, err: expect.stringContaining('held list') });

  expect(await run('leaver', 'release', 'h-2', ...why)).toMatchObject({ code: 1 });
  expect(await run('leaver', 'release', 'h-1', '--reject', ...why)).toMatchObject({ code: 0, out: 'Rejected: h-1\n' });
  expect(await run('held', 'release', 'h-2', ...why)).toMatchObject({ code: 0, out: 'Released: h-2\n' });
  expect(await run('held', 'reject', '--batch', first.batch, ...why)).toMatchObject({ code: 3 });
  expect(await run('held', 'release', 'h-3')).toMatchObject({ code: 2 });
  expect(await run('held', 'release', ...why)).toMatchObject({ code: 2 });
  expect(await run('held', 'release', '--batch', 'b-1', ...why)).toMatchObject({ code: 0, out: 'Released: h-5\n' });
  const { batch } = await shown('held', 'list');
  expect(await run('held', 'reject', '--batch', batch, ...why)).toMatchObject({ code: 0, out: 'Rejected: h-3, h-4\n' });
  expect((await run('held', 'list')).out).toContain('Nothing is held.');

  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const evidence = await inventory.listEvidence({ limit: 100, offset: 0 });
  expect(evidence.map(({ action, personId }) => `${action} ${personId}`)).toEqual([
    'reject held leaver h-1',
    'release held mover h-2',
    'allow held repairs sync/b-1',
    'reject held email h-3',
    'reject held leaver h-4',
  ]);
  expect((await inventory.listQuarantines(1))[0]).toMatchObject({ state: 'allowed', decidedBy: 'it@example.com' });
}, 60_000);
