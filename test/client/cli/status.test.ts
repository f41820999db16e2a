import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { judgeStatus } from '../../../client/cli/status.ts';
import { readFigures } from '../../../client/operations/metrics/figures.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import type { SyncSummary } from '../../../domain/contracts.ts';
import type { KindStates } from '../../../domain/sync/kinds.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { loadPolicy } from '../../../policy/file.ts';
import { openInventory } from '../../support/inventory.ts';
import { createShell } from '../support/shell.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-status-'));
});
afterAll(() => rm(home, { recursive: true }));

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });

async function judged(name: string, prepare: (inventory: Inventory) => Promise<void>) {
  await using inventory = await openInventory({ file: join(home, name) });
  await prepare(inventory);
  return judgeStatus({ checks: [] }, await readFigures(inventory, policy, Date.now()));
}

async function synced(inventory: Inventory, kinds: KindStates): Promise<void> {
  await inventory.startSyncRun({ runId: 'r-1', depth: 'full', startedAt: ago(3) });
  await inventory.finishSyncRun({ runId: 'r-1', summary: {} as SyncSummary, kinds, at: ago(2) });
}

test('an inventory in which nothing waits is well', async () => {
  expect(await judged('empty.db', async () => undefined)).toMatchObject({ ok: true, problems: [], waiting: [] });
});

test('what is missing is not well, with the step that mends it; what may be missing is only said', () => {
  const fix = 'npx muster schedule apply';
  const status = judgeStatus(
    {
      checks: [
        { name: 'engine', status: 'ok', detail: 'there' },
        { name: 'leavers', status: 'missing', detail: 'one is late', fix: 'npx muster person retry ID' },
        { name: 'schedule', status: 'missing', detail: 'none', fix, optional: true },
        { name: 'policy in force', status: 'unknown', detail: 'nobody says' },
      ],
    },
    undefined,
  );
  expect(status).toEqual({
    ok: false,
    problems: [{ name: 'leavers', detail: 'one is late', fix: 'npx muster person retry ID' }],
    waiting: [{ what: 'schedule: none', command: fix }],
    figures: undefined,
  });
});

test('what somebody has to decide waits, and is well all the same', async () => {
  const status = await judged('waiting.db', async (inventory) => {
    await inventory.recordProgress({ personId: 'p-1', process: 'onboarding', phase: 'blocked', at: ago(1) });
    await synced(inventory, { accounts: { state: 'complete' }, teams: { state: 'incomplete', reason: 'torn' } });
  });
  expect(status).toMatchObject({ ok: true, problems: [] });
  expect(status.waiting).toEqual([
    { what: '1 people whose process is blocked', command: 'npx muster person list' },
    { what: expect.stringContaining('teams'), command: 'npx muster sync status' },
  ]);
});

test('accounts that the last full sync could not read are not well', async () => {
  const status = await judged('unread.db', (inventory) =>
    synced(inventory, { accounts: { state: 'incomplete', reason: 'torn' } }),
  );
  expect(status).toMatchObject({ ok: false, problems: [{ name: 'accounts', fix: 'npx muster sync status' }] });
});

test('where nothing runs it ends with 1, and says how to start it', async () => {
  const env = { MUSTER_HOME: join(home, 'none'), MUSTER_POLICY: examplePolicyPath };
  const shell = createShell({ env });
  expect(await runCli(['status'], shell)).toBe(1);
  expect(shell.out()).toMatch(/things are not well:[^]*engine: none is known[^]*→ run `npm start`/);
  const json = createShell({ env });
  expect(await runCli(['status', '--json'], json)).toBe(1);
  expect(JSON.parse(json.out())).toMatchObject({ ok: false, problems: expect.arrayContaining([]) });
});
