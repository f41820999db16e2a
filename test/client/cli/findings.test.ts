import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { FindingRow } from '../../../inventory/port/findings.ts';
import { openInventory } from '../../support/inventory.ts';
import { runCli } from '../../../client/cli/run.ts';
import { syncKinds, type KindStates } from '../../../domain/sync/kinds.ts';
import { accountOf, atAccount, atKey, daysAgo } from '../../activities/sync/findings/samples.ts';
import { createShell } from '../support/shell.ts';
import { noOddRows } from '../../../domain/sync/oddRows.ts';

const at = '2026-06-01T12:00:00.000Z';
const whole: KindStates = Object.fromEntries(syncKinds.map((kind) => [kind, { state: 'complete' }]));

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-findings-'));
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  await inventory.startSyncRun({ runId: 'r-1', depth: 'full', startedAt: at });
  const kinds: KindStates = { ...whole, applicationKey: { state: 'notVisible', permission: 'org_app_keys_read' } };
  const summary = { complete: true, users: 0, serviceAccounts: 0, roles: 0, teams: 0, keys: 0, findings: 0 };
  const counts = { added: 0, removed: 0, changed: 0, requests: 0, durationMs: 1, odd: noOddRows };
  await inventory.finishSyncRun({ runId: 'r-1', summary: { ...summary, ...counts }, at, kinds });
  const page = { after: '', frozenScopes: new Set<string>(), states: whole, at };
  const dormant = atAccount({ id: 'a-2', email: '=cmd@example.com', lastLoginAt: daysAgo(200) });
  const left = atAccount(accountOf(), { person: { personId: 'p-1', employment: 'left' } });
  await inventory.writeFindings({ ...page, foundAt: 'account', found: [...dormant, ...left] });
  await inventory.writeFindings({
    ...page,
    foundAt: 'key',
    found: atKey({ scopes: null }),
    at: '2026-06-01T12:01:00.000Z',
  });
});
afterAll(() => rm(home, { recursive: true }));

async function run(...args: readonly string[]) {
  const shell = createShell({ cwd: home, env: { MUSTER_HOME: home } });
  const code = await runCli(['findings', ...args], shell);
  return { code, out: shell.out(), err: shell.err() };
}

async function list(...args: readonly string[]): Promise<readonly FindingRow[]> {
  const { code, out } = await run('list', ...args, '--format', 'json');
  expect(code).toBe(0);
  return JSON.parse(out) as readonly FindingRow[];
}

test('findings are listed the worst first, each with what to do and why it cannot change now', async () => {
  const rows = await list();
  expect(rows.map(({ kind }) => kind)).toEqual(['leaverStillActive', 'applicationKeyUnscoped', 'dormantAccount']);
  expect(rows[0]).toMatchObject({ severity: 'critical', personId: 'p-1', advice: expect.stringContaining('retry') });
  expect(rows[1]).toMatchObject({ owasp: 'NHI5:2025', frozen: 'applicationKey not visible: org_app_keys_read' });
  expect((await list('--severity', 'critical')).map(({ name }) => name)).toEqual(['ann@example.com']);
  expect(await list('--kind', 'dormantAccount')).toHaveLength(1);
  expect(await list('--person', 'p-9')).toEqual([]);
});

test('the table and the CSV have every row, and a name from outside runs as no formula', async () => {
  const { out: table } = await run('list', '--open');
  expect(table).toContain('person who has left and still has an account in use');
  const { out: csv } = await run('list', '--format', 'csv');
  const rows: readonly Record<string, string>[] = parse(csv, { columns: true });
  expect(rows.map((row) => row['about'])).toEqual(['ann@example.com', 'ci', "'=cmd@example.com"]);
  expect(rows[2]?.['evidence']).toContain(`lastLoginAt=${daysAgo(200)}`);
});

test('a muted finding is off the list until its day, and says why', async () => {
  const [dormant] = await list('--kind', 'dormantAccount');
  const id = dormant?.id ?? '';
  const { code, out } = await run(
    'mute',
    id,
    '--reason',
    'sabbatical',
    '--until',
    '2099-01-31',
    '--as',
    'it@example.com',
    '--json',
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ id, state: 'muted', mutedUntil: '2099-01-31T00:00:00.000Z' });
  expect(await list('--kind', 'dormantAccount')).toEqual([]);
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  expect(await inventory.listEvidence({ limit: 10, offset: 0 })).toMatchObject([
    {
      action: 'mute finding',
      actor: 'it@example.com',
      proof: 'claimed',
      reason: 'sabbatical',
      before: { state: 'open' },
      after: { finding: id, mutedUntil: '2099-01-31T00:00:00.000Z' },
    },
  ]);
  expect(await list('--kind', 'dormantAccount', '--all')).toMatchObject([{ state: 'muted', muteReason: 'sabbatical' }]);
});

test.each<[string, number, readonly string[], RegExp]>([
  ['an unknown finding', 1, ['mute', 'f00', '--reason', 'x', '--until', '2099-01-01'], /There is no finding f00/],
  ['a day that is past', 2, ['mute', 'f00', '--reason', 'x', '--until', '2020-01-01'], /--until 2020-01-01 is past/],
  ['no reason', 2, ['mute', 'f00', '--until', '2099-01-01'], /--reason/],
  ['an unknown kind', 2, ['list', '--kind', 'odd'], /Allowed choices are .*mfaOff/],
  ['--open with --all', 2, ['list', '--open', '--all'], /cannot be used with/],
])('%s is said in words', async (_, code, args, words) => {
  const result = await run(...args);
  expect(result.err).toMatch(words);
  expect(result.code).toBe(code);
});
