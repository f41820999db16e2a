import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { openInventory } from '../../support/inventory.ts';
import { runCli } from '../../../client/cli/run.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { createShell } from '../support/shell.ts';
import { noOddRows } from '../../../domain/sync/oddRows.ts';

const at = '2026-01-15T12:00:00.000Z';
const person = { email: 'ada@example.com', name: 'Ada "A", Example', department: 'SRE', timeZone: 'Asia/Tokyo' };
const role = { kind: 'role', name: 'Datadog Admin Role' } as const;
const joiner: HrEvent = {
  eventId: 'j-1',
  kind: 'joiner',
  personId: 'e-1',
  occurredAt: at,
  effectiveAt: at,
  source: 'hr',
  person,
};
const approval = {
  approvalId: 'a-1',
  personId: 'e-1',
  chain: 'c-1',
  entitlements: [role],
  rules: ['sre'],
  approvers: { people: ['lead@example.com'], manager: true, quorum: 1, fallback: [] },
  state: 'open',
  requestedAt: at,
  deadline: '2026-01-22T12:00:00.000Z',
  decisions: [],
} as const;
const account = {
  id: 'acc-1',
  email: person.email,
  handle: person.email,
  name: person.name,
  title: '',
  status: 'active',
  isServiceAccount: false,
  roleIds: ['r-1'],
} as const;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-inventory-'));
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  await inventory.receiveEvent(joiner, at);
  await inventory.bindAccount('e-1', account.id, at);
  await inventory.writeRoles([{ id: 'r-1', name: role.name, isManaged: true, permissions: [] }], at);
  await inventory.writeAccounts({ scanId: 's-1', accounts: [account], seenAt: at });
  const grant = { personId: 'e-1', accountId: account.id, ...role, id: 'r-1', since: at, reason: 'request' } as const;
  await inventory.openGrant(grant);
  await inventory.openApproval(approval);
  const step = { personId: 'e-1', eventId: 'j-1', at, actor: 'hr' };
  await inventory.appendEvidence({ ...step, step: 'create', action: 'create account' });
  await inventory.appendEvidence({ ...step, step: 'grant', action: 'assign role' });
});
afterAll(() => rm(home, { recursive: true }));

async function run(...args: readonly string[]) {
  const shell = createShell({ cwd: home, env: { MUSTER_HOME: home } });
  const code = await runCli(args, shell);
  return { code, out: shell.out(), err: shell.err() };
}

/** Fails where stdout is not exactly one JSON value. */
async function readJson(...args: readonly string[]): Promise<unknown> {
  const { code, out } = await run(...args, '--json');
  expect(code).toBe(0);
  return JSON.parse(out);
}

test('person show has person, access, approvals, events, evidence, and says that nothing runs', async () => {
  expect(await readJson('person', 'show', 'e-1')).toMatchObject({
    person: { personId: 'e-1', accountId: 'acc-1' },
    account: { email: person.email },
    events: [{ event: { eventId: 'j-1' } }],
    grants: [{ name: role.name, since: at, reason: 'request' }],
    approvals: [{ approvalId: 'a-1', state: 'open' }],
    evidence: [{ action: 'create account' }, { action: 'assign role' }],
  });
  const { out, err } = await run('person', 'show', 'e-1');
  for (const text of ['ada@example.com', 'SRE', 'acc-1 (active)', role.name, 'a-1', 'j-1', 'assign role']) {
    expect(out).toContain(text);
  }
  expect(err).toContain('npm start');
});

test('an unknown person is a failure that says where to look', async () => {
  const { code, out, err } = await run('person', 'show', 'e-2', '--json');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^error: No person e-2 is known: .*person list/);
});

test('lists are one JSON array each', async () => {
  expect(await readJson('person', 'list')).toMatchObject([{ personId: 'e-1' }]);
  expect(await readJson('events', 'list')).toMatchObject([{ event: { eventId: 'j-1' } }]);
  expect(await readJson('events', 'list', '--person', 'e-2')).toEqual([]);
  expect(await readJson('approvals', 'list')).toMatchObject([{ approvalId: 'a-1', personId: 'e-1' }]);
  expect(await readJson('approvals', 'list', '--state', 'rejected')).toEqual([]);
  expect(await readJson('inventory', 'users')).toMatchObject([{ id: 'acc-1', roleNames: [role.name] }]);
  expect(await readJson('inventory', 'users', '--status', 'disabled')).toEqual([]);
  expect(await readJson('inventory', 'grants', '--person', 'e-1')).toMatchObject([{ name: role.name }]);
  expect(await readJson('audit', 'export')).toMatchObject([{ seq: 1 }, { seq: 2 }]);
  expect(await readJson('audit', 'verify')).toMatchObject({ ok: true, count: 2, head: { seq: 2 } });
});

test('rows are printed as CSV with a head', async () => {
  const { out } = await run('inventory', 'users', '--format', 'csv');
  const [head, row] = out.split(/\r?\n/);
  expect(head).toBe('id,email,name,status,person,roles,lastLoginAt,lastSeenAt,goneAt');
  expect(row).toContain('acc-1,ada@example.com,"Ada ""A"", Example",active,e-1,Datadog Admin Role');
});

test('evidence is exported one JSON object a line', async () => {
  const { out } = await run('audit', 'export', '--person', 'e-1');
  const lines = out.trimEnd().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([{ step: 'create' }, { step: 'grant' }]);
});

test('evidence is exported as CSV that a spreadsheet opens and does not run', async () => {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const said = { actor: '=cmd@example.com', proof: 'claimed', reason: '+1, "and more"' } as const;
  const step = { personId: 'e-9', eventId: '@x', step: '-1', at, action: 'link account', before: { accountId: null } };
  await inventory.appendEvidence({ ...step, ...said, after: { accountId: 'acc-9' } });
  const { code, out, err } = await run('audit', 'export', '--format', 'csv', '--person', 'e-9');
  expect({ code, err }).toEqual({ code: 0, err: '1 links\n' });
  const rows: readonly Record<string, string>[] = parse(out, { columns: true });
  expect(rows).toMatchObject([
    {
      seq: '3',
      actor: "'=cmd@example.com",
      proof: 'claimed',
      reason: `'+1, "and more"`,
      before: '{"accountId":null}',
      after: '{"accountId":"acc-9"}',
      event: "'@x",
      step: "'-1",
    },
  ]);
  const { out: all } = await run('audit', 'export', '--format', 'csv');
  expect(all.split('\r\n').filter((line) => line.startsWith('seq,'))).toHaveLength(1);
  expect(parse(all, { columns: true })).toHaveLength(3);
  expect((await run('audit', 'export', '--format', 'csv', '--json')).code).toBe(2);
  expect((await run('audit', 'export', '--format', 'xml')).code).toBe(2);
  expect((await run('audit', 'export', '--person', 'nobody', '--format', 'csv')).code).toBe(1);
});

test('a chain is verified against a link that was noted elsewhere', async () => {
  const verify = (...args: string[]) => run('audit', 'verify', ...args);
  const { head } = (await readJson('audit', 'verify')) as { head: { seq: number; hash: string } };
  expect((await verify('--noted', `${head.seq}:${head.hash}`)).code).toBe(0);
  expect(await verify('--noted', `${head.seq + 1}:${head.hash}`)).toMatchObject({
    code: 1,
    out: expect.stringContaining('links are missing at the end'),
  });
  expect((await verify('--noted', head.hash)).code).toBe(2);
});

test("a mover's dry run reads what is known of the person, and says what would be removed", async () => {
  const plan = await readJson(
    'mover',
    '--person-id',
    'e-1',
    '--department',
    'Sales',
    '--effective',
    '2026-03-01',
    '--dry-run',
  );
  expect(plan).toMatchObject({
    process: 'roleChange',
    // The day is one in Tokyo, as the record says.
    event: { person: { department: 'Sales' }, effectiveAt: '2026-02-28T15:00:00.000Z' },
    gives: [{ kind: 'role', name: 'Datadog Read Only Role' }],
    onApproval: [],
    holds: [role],
    takes: [role],
  });
});

test("a leaver's dry run takes everything", async () => {
  // What the policy would grant is no reason to keep it.
  const named = ['--email', person.email, '--department', 'SRE'];
  expect(await readJson('leaver', '--person-id', 'e-1', ...named, '--dry-run')).toMatchObject({
    process: 'offboarding',
    gives: [],
    onApproval: [],
    takes: [role],
  });
  expect((await run('leaver', '--person-id', 'e-1', '--dry-run')).out).toContain('disabled');
});

test('a chain of evidence that was altered is found and fails', async () => {
  const { default: Database } = await import('better-sqlite3');
  const file = new Database(join(home, 'inventory.db'));
  // A person who may write the file may drop its triggers.
  const triggers = file.prepare<[], { name: string }>("select name from sqlite_master where type = 'trigger'").all();
  for (const { name } of triggers) file.exec(`drop trigger "${name}"`);
  file.exec("update evidence set entry = replace(entry, 'assign role', 'nothing') where seq = 2");
  file.close();
  const { code, out } = await run('audit', 'verify', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, seq: 2 });
});

test('inventory nhis lists service accounts and keys, and keeps their owners', async () => {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const robot = { ...account, id: 'acc-2', name: 'deploy', isServiceAccount: true };
  await inventory.writeAccounts({ accounts: [robot], seenAt: at });
  const key = {
    id: 'k-1',
    kind: 'applicationKey',
    name: '=cmd',
    ownerAccountId: 'acc-1',
    scopes: null,
    details: {},
  } as const;
  await inventory.writeNhis([key], at);
  expect(await readJson('inventory', 'nhis', '--kind', 'applicationKey')).toMatchObject([
    { id: 'k-1', scopes: null, ownerEmail: 'ada@example.com', ownerStatus: 'active' },
  ]);
  expect((await run('inventory', 'nhis', '--set-owner', 'acc-2')).code).toBe(2);
  expect((await run('inventory', 'nhis', '--set-owner', 'nothing', '--owner', 'e-1')).code).toBe(1);
  const declared = await readJson('inventory', 'nhis', '--set-owner', 'acc-2', '--owner', 'e-1');
  expect(declared).toMatchObject([{ id: 'acc-2', kind: 'serviceAccount', ownerPersonId: 'e-1' }]);
  expect(await readJson('inventory', 'nhis', '--owner', 'e-1')).toHaveLength(1);
  expect(await readJson('person', 'show', 'e-1')).toMatchObject({ nhis: [{ id: 'acc-2' }] });
  const { out } = await run('inventory', 'nhis', '--format', 'csv');
  expect(out).toContain("k-1,applicationKey,'=cmd,ada@example.com,active,,unscoped");
  await readJson('inventory', 'nhis', '--clear-owner', 'acc-2', '--as', 'it@example.com');
  const evidence = await inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
  expect(evidence.slice(-2)).toMatchObject([
    { action: 'declare owner', actor: 'command line', before: { id: 'acc-2', owner: null }, after: { owner: 'e-1' } },
    { action: 'clear owner', actor: 'it@example.com', proof: 'claimed', after: { owner: null } },
  ]);
  expect(await readJson('inventory', 'nhis', '--owner', 'e-1')).toEqual([]);
});

test('kinds that the last sync could not see are named beside the list', async () => {
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  const counts = { users: 1, serviceAccounts: 0, roles: 0, teams: 0, keys: 0, added: 0, removed: 0, changed: 0 };
  await inventory.startSyncRun({ runId: 'r-1', depth: 'full', startedAt: at });
  await inventory.finishSyncRun({
    runId: 'r-1',
    summary: { ...counts, complete: true, findings: 0, requests: 1, durationMs: 1, odd: noOddRows },
    at,
    kinds: { apiKey: { state: 'notVisible', permission: 'api_keys_read' }, accounts: { state: 'complete' } },
  });
  expect((await run('inventory', 'nhis')).err).toBe('apiKey: not visible; the application key needs api_keys_read\n');
});
