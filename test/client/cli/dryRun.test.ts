import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openInventory } from '../../support/inventory.ts';
import type { inWords } from '../../../client/cli/dryRun.ts';
import { runCli } from '../../../client/cli/run.ts';
import { examplePolicyPath } from '../../../config/config.ts';
import { startSimulator, type Simulator } from '../../../simulator/index.ts';
import { employ } from '../../support/employees.ts';
import { hrEvent, knowPerson } from '../../support/muster.ts';
import { officialClient } from '../../support/officialClient.ts';
import { createShell } from '../support/shell.ts';
import { budgetOf, removalOf } from '../../support/changeBudget.ts';

let cwd: string;
let simulator: Simulator;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-dry-'));
  simulator = await startSimulator({ people: 3, seed: 2 });
});
afterEach(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

async function plan(...args: string[]) {
  const { url, apiKey, appKey } = simulator;
  const env = { MUSTER_HOME: join(cwd, 'home'), MUSTER_DATADOG_URL: url, DD_API_KEY: apiKey, DD_APP_KEY: appKey };
  const shell = createShell({ cwd, env });
  expect(await runCli([...args, '--dry-run', '--json'], shell)).toBe(0);
  const { datadog } = JSON.parse(shell.out()) as ReturnType<typeof inWords>;
  return datadog;
}

const names = (entitlements: readonly { name: string }[] = []) => entitlements.map(({ name }) => name).toSorted();

test('a joiner without an account: it would be created and invited, with what the policy grants', async () => {
  const before = simulator.users().length;
  const datadog = await plan('joiner', '--person-id', 'e-1', '--email', 'new@example.com', '--department', 'SRE');
  expect(datadog).toMatchObject({ account: 'wouldBeCreated', wouldInvite: true, removes: [], notVisible: [] });
  expect(names(datadog?.adds)).toEqual(['Datadog Read Only Role']);
  expect(names(datadog?.approvalsNeeded)).toEqual(['Datadog Admin Role']);
  expect(datadog?.warnings).toEqual([]);
  expect(simulator.users()).toHaveLength(before);
});

test('a contractor without an end and a sponsor is refused, and not where there is one of them', async () => {
  const joiner = [
    'joiner',
    '--person-id',
    'e-5',
    '--email',
    'kim@example.com',
    '--attribute',
    'contractType=contractor',
  ];
  const shell = createShell({ cwd, env: { MUSTER_HOME: join(cwd, 'home') } });
  expect(await runCli([...joiner, '--dry-run'], shell)).toBe(2);
  expect(shell.err()).toContain('a contractor needs an end date or a sponsor');
  expect(shell.err()).toContain('npx muster leaver --person-id e-5 --effective DAY');
  expect(await plan(...joiner, '--attribute', 'sponsor=lead@example.com')).toMatchObject({ account: 'wouldBeCreated' });

  await using inventory = await openInventory({ file: join(cwd, 'home', 'inventory.db') });
  const at = '2026-01-01T00:00:00.000Z';
  await inventory.receiveEvent(
    {
      eventId: 'l-5',
      kind: 'leaver',
      personId: 'e-5',
      occurredAt: at,
      effectiveAt: '2999-01-01T00:00:00.000Z',
      source: 'cli',
    },
    at,
  );
  expect(await plan(...joiner)).toMatchObject({ account: 'wouldBeCreated' });
});

test('a leaver: the account is found, and what it really holds would be removed', async () => {
  const admin = simulator.users().find(({ email }) => email === 'admin@example.com');
  const file = join(cwd, 'home', 'inventory.db');
  await using inventory = await openInventory({ file });
  await inventory.bindAccount('e-9', admin?.id ?? '', '2026-01-01T00:00:00.000Z');
  const datadog = await plan('leaver', '--person-id', 'e-9');
  expect(datadog).toMatchObject({ account: 'found', accountId: admin?.id, status: 'active', protection: 'ownKey' });
  expect(names(datadog?.removes)).toEqual([...(admin?.roles ?? []), ...(admin?.teams ?? [])].toSorted());
});

test('a leaver for somebody unknown would be held, with Datadog and without', async () => {
  const held = { kind: 'held', detail: expect.stringContaining('never seen') };
  expect(await plan('leaver', '--person-id', 'misspelt')).toMatchObject({ account: 'none', end: held, changes: [] });
  const shell = createShell({ cwd, env: { MUSTER_HOME: join(cwd, 'home') } });
  expect(await runCli(['leaver', '--person-id', 'misspelt', '--dry-run'], shell)).toBe(0);
  expect(shell.out()).toContain('It would be held until an operator says whose account it is');
  expect(shell.out()).not.toContain('would be disabled');
  // Surely theirs by its e-mail.
  const known = simulator.users().find(({ email, serviceAccount }) => !serviceAccount && email !== 'admin@example.com');
  const named = await plan('leaver', '--person-id', 'misspelt', '--email', known?.email ?? '');
  expect(named).toMatchObject({ account: 'found', changes: ['disable account'] });
  expect(named).not.toHaveProperty('end');
});

test('a move after the leave, or before the joining, would change nothing, and says why', async () => {
  await using inventory = await openInventory({ file: join(cwd, 'home', 'inventory.db') });
  await knowPerson({ inventory }, 'e-8', 'gone@example.com', 'left');
  const move = (id: string) => plan('mover', '--person-id', id, '--email', 'gone@example.com', '--department', 'SRE');
  const nothing = { adds: [], approvalsNeeded: [], changes: [] };
  expect(await move('e-8')).toMatchObject({ ...nothing, end: { detail: 'recorded; the person has left' } });
  expect(await move('e-7')).toMatchObject({ ...nothing, end: { detail: 'recorded; the person has not joined yet' } });
});

test('an account that is bound to somebody else is a conflict, in words', async () => {
  const admin = simulator.users().find(({ email }) => email === 'admin@example.com');
  await using inventory = await openInventory({ file: join(cwd, 'home', 'inventory.db') });
  await inventory.bindAccount('e-9', admin?.id ?? '', '2026-01-01T00:00:00.000Z');
  expect(await plan('joiner', '--person-id', 'e-1', '--email', 'admin@example.com')).toMatchObject({
    account: 'conflict',
    problem: expect.stringContaining('bound to person e-9'),
  });
});

test('lists that the key may not see are named, and refused keys leave the account unknown', async () => {
  simulator.keys.setScopes(['user_access_read', 'user_access_invite', 'user_access_manage']);
  const joiner = ['joiner', '--person-id', 'e-1', '--email', 'new@example.com', '--department', 'Engineering'];
  expect(await plan(...joiner)).toMatchObject({ account: 'wouldBeCreated', notVisible: ['teams_read'] });
  simulator.keys.revoke('application');
  expect(await plan(...joiner)).toMatchObject({ account: 'unknown', adds: [] });
});

test('a handle that is left of a given-up address is a conflict, as it would be in the process', async () => {
  const { users } = officialClient(simulator);
  const { data } = await users.createUser({
    body: { data: { type: 'users', attributes: { email: 'old@example.com' } } },
  });
  const userId = data?.id ?? '';
  const attributes = { email: 'kept@example.com' };
  await users.updateUser({ userId, body: { data: { type: 'users', id: userId, attributes } } });
  expect(await plan('joiner', '--person-id', 'e-1', '--email', 'old@example.com')).toMatchObject({
    account: 'conflict',
    problem: expect.stringContaining('as its handle'),
  });
});

test("enabling an account others disabled, and an administrator's new e-mail, need an approval", async () => {
  const admin = simulator.users().find(({ email }) => email === 'admin@example.com');
  const plain = simulator.users().find(({ email, serviceAccount }) => !serviceAccount && email !== 'admin@example.com');
  await using inventory = await openInventory({ file: join(cwd, 'home', 'inventory.db') });
  await inventory.bindAccount('e-9', admin?.id ?? '', '2026-01-01T00:00:00.000Z');
  await knowPerson({ inventory }, 'e-9', 'admin@example.com');
  simulator.disable(plain?.id ?? '');
  expect(await plan('joiner', '--person-id', 'e-1', '--email', plain?.email ?? '')).toMatchObject({
    account: 'found',
    status: 'disabled',
    changes: [],
    changesOnceAllowed: ['enable account, which somebody else has disabled'],
  });
  expect(await plan('mover', '--person-id', 'e-9', '--email', 'new@example.com')).toMatchObject({
    changes: [],
    changesOnceAllowed: ['update email to new@example.com'],
  });
});

test('under activation jit nobody would be invited; a leaver above the budget would be held', async () => {
  const example = await readFile(examplePolicyPath, 'utf8');
  const changed = example
    .replace('onboarding:', 'onboarding:\n  activation: jit')
    .replace('offboarding:', 'offboarding:\n  changeBudget: { atLeast: 1, percent: 0 }');
  await writeFile(join(cwd, 'policy.yaml'), changed);
  expect(await plan('joiner', '--person-id', 'e-1', '--email', 'new@example.com')).toMatchObject({
    account: 'madeAtFirstLogin',
    wouldInvite: false,
    adds: [{ name: 'Datadog Read Only Role' }],
  });
  const plain = simulator.users().find(({ email, serviceAccount }) => !serviceAccount && email !== 'admin@example.com');
  await using inventory = await openInventory({ file: join(cwd, 'home', 'inventory.db') });
  await inventory.bindAccount('e-9', plain?.id ?? '', '2026-01-01T00:00:00.000Z');
  const leave = () => plan('leaver', '--person-id', 'e-9');
  expect(await leave()).not.toHaveProperty('heldAbove');
  await inventory.admitRemoval(removalOf({ personId: 'e-8', at: new Date().toISOString() }), budgetOf(1));
  expect(await leave()).toMatchObject({ heldAbove: { limit: 1, within: 'hour' }, changes: ['disable account'] });
  expect(await inventory.listHeld()).toEqual([]);
});

test('a role that the next login takes away again is warned of before it is granted', async () => {
  const { authnMappings, roles } = officialClient(simulator);
  const standard = (await roles.listRoles({ pageSize: 100 })).data?.find(
    ({ attributes }) => attributes?.name === 'Datadog Standard Role',
  );
  await authnMappings.createAuthNMapping({
    body: {
      data: {
        type: 'authn_mappings',
        attributes: { attributeKey: 'group', attributeValue: 'engineers' },
        relationships: { role: { data: { id: standard?.id ?? '', type: 'roles' } } },
      },
    },
  });
  const datadog = await plan('joiner', '--person-id', 'e-1', '--email', 'n@example.com', '--department', 'Engineering');
  expect(datadog?.warnings).toEqual([expect.stringMatching(/^role Datadog Read Only Role: the next login by SSO/)]);
});

test('for a leaver the account’s own address counts, not HR’s outside the allowed domains', async () => {
  const example = await readFile(examplePolicyPath, 'utf8');
  await writeFile(join(cwd, 'policy.yaml'), example.replace('allowedDomains: []', 'allowedDomains: [example.com]'));
  await using inventory = await openInventory({ file: join(cwd, 'home', 'inventory.db') });
  const accountId = await employ({ inventory, simulator }, 'd-9');
  const moved = hrEvent('mover', 'd-9', { person: { email: 'sam@elsewhere.test' } });
  await inventory.receiveEvent(moved, moved.occurredAt);
  const leave = await plan('leaver', '--person-id', 'd-9');
  expect(leave).toMatchObject({ account: 'found', accountId, changes: ['disable account'] });
  expect(names(leave?.removes)).toEqual(['Datadog Read Only Role']);
  expect(await plan('mover', '--person-id', 'd-9', '--department', 'Sales')).toMatchObject({
    account: 'conflict',
    problem: expect.stringContaining('identity.allowedDomains'),
  });
});
