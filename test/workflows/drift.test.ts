import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { openDatadog } from '../../datadog/index.ts';
import { decideBatch } from '../../client/operations/quarantine.ts';
import { applySchedules, lightSyncNow, syncNow } from '../../client/operations/schedule.ts';
import type { FindingKind } from '../../domain/findings/catalog.ts';
import { startDevServer } from '../support/engine.ts';
import {
  accountOf,
  eventually,
  hrEvent,
  inPhase,
  outcomeOf,
  startTestMuster,
  type TestMuster,
} from '../support/muster.ts';
import { officialClient, type OfficialClient } from '../support/officialClient.ts';
import { linkAccount } from '../../client/operations/links.ts';

let opened: AsyncDisposableStack;
let stage: TestMuster;
let client: Awaited<ReturnType<typeof startDevServer>>['client'];
let official: OfficialClient;
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const everyone = ['e-1', 'e-2', 'e-3', 'e-4', 'e-5', 'e-6', 'e-7', 'e-8', 'e-9'];
const roleIds = new Map<string, string>();

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  const policy = (example: TestMuster['policy']) => ({
    ...example,
    sync: { ...example.sync, drift: 'repair' as const },
  });
  stage = stack.use(await startTestMuster({ client: engine.client, connection, policy, simulator: { people: 5 } }));
  client = engine.client;
  official = officialClient(stage.simulator);
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  const { data } = await official.roles.listRoles({ pageSize: 100 });
  for (const { id, attributes } of data ?? []) roleIds.set(attributes?.name ?? '', id ?? '');
  await onboardAll();
  opened = stack.move();
});
afterAll(async () => opened?.disposeAsync());

async function onboardAll(): Promise<void> {
  const joiners = everyone.map((personId) => hrEvent('joiner', personId));
  for (const joiner of joiners) await stage.muster.submitEvent(joiner);
  for (const personId of everyone) {
    await inPhase(stage, personId, 'waitingForAcceptance');
    stage.simulator.accept(idOf(personId));
  }
  await lightSyncNow(client);
  for (const joiner of joiners) expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
}

const idOf = (personId: string): string => accountOf(stage, personId)?.id ?? '';
const userOf = (personId: string) => ({ data: { type: 'users' as const, id: idOf(personId) } });
const takeAway = (personId: string, role = readOnly) =>
  official.roles.removeUserFromRole({ roleId: roleIds.get(role) ?? '', body: userOf(personId) });
const grantManually = (personId: string, role: string) =>
  official.roles.addUserToRole({ roleId: roleIds.get(role) ?? '', body: userOf(personId) });
const holds = async (personId: string, role = readOnly) =>
  (await official.rolesOf(idOf(personId))).includes(roleIds.get(role) ?? '');

async function openFindings(kind: FindingKind) {
  return stage.inventory.listFindings({ kind, state: 'open', limit: 50, offset: 0 }, new Date().toISOString());
}

/** A full sync, and the end of every process that it started. */
async function syncAndSettle() {
  const summary = await syncNow(client);
  await eventually('the repairs', async () => (await stage.inventory.waitingEvents({ limit: 10 })).length === 0);
  return summary;
}

const openBatch = async () => (await stage.inventory.listQuarantines(5)).find(({ state }) => state === 'open');

const lead = () => ({ ...stage, actor: 'lead@example.com', proof: 'claimed' as const });

test('a role that was removed manually is missing, and its person’s process grants it again', async () => {
  await syncAndSettle();
  expect(await openFindings('driftMissing')).toEqual([]);
  await takeAway('e-1');
  const summary = await syncAndSettle();
  expect(summary.findings).toBeGreaterThan(0);
  expect(await openFindings('driftMissing')).toMatchObject([
    { personId: 'e-1', evidence: { what: `role ${readOnly}` } },
  ]);
  expect(await holds('e-1')).toBe(true);
  const evidence = await stage.inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
  expect(evidence.at(-1)).toMatchObject({ actor: 'sync', action: 'assign role', reason: 'reconcile' });
  await syncAndSettle();
  expect(await openFindings('driftMissing')).toEqual([]);
});

test('a manually changed name is set again, and a manually granted role is reported and left', async () => {
  const id = idOf('e-2');
  await official.users.updateUser({
    userId: id,
    body: { data: { id, type: 'users', attributes: { name: 'Mallory' } } },
  });
  await grantManually('e-2', standard);
  await syncAndSettle();
  expect(await openFindings('driftExcess')).toMatchObject([
    { personId: 'e-2', evidence: { what: `role ${standard}`, givenBy: 'somebody else' } },
  ]);
  const { data } = await official.users.getUser({ userId: id });
  expect(data?.attributes?.name).toBe('Sam Example');
  expect(await holds('e-2', standard)).toBe(true);
  await syncAndSettle();
  expect(await openFindings('driftAltered')).toEqual([]);
  expect(await openFindings('driftExcess')).toHaveLength(1);
  await takeAway('e-2', standard);
});

const setEmail = (id: string, email: string) =>
  official.users.updateUser({ userId: id, body: { data: { id, type: 'users', attributes: { email } } } });
const emailOf = async (id: string) => (await official.users.getUser({ userId: id })).data?.attributes?.email;

test('an e-mail set back manually follows HR again; one that HR never sent waits for a person', async () => {
  const id = idOf('e-8');
  const moved = hrEvent('mover', 'e-8', { person: { email: 'e-8.married@example.com' } });
  await stage.muster.submitEvent(moved);
  expect((await outcomeOf(stage, moved)).kind).toBe('completed');
  await setEmail(id, 'e-8@example.com');
  await syncAndSettle();
  expect(await emailOf(id)).toBe('e-8.married@example.com');
  const evidence = await stage.inventory.listEvidence({ personId: 'e-8', limit: 100, offset: 0 });
  expect(evidence.at(-1)).toMatchObject({
    actor: 'sync',
    action: 'update account',
    before: { email: 'e-8@example.com' },
    after: { email: 'e-8.married@example.com' },
  });
  await syncAndSettle();
  expect(await openFindings('driftAltered')).toEqual([]);

  await setEmail(id, 'mallory@example.com');
  const events = (await stage.inventory.personHistory('e-8'))?.events.length;
  await syncAndSettle();
  expect(await openFindings('driftAltered')).toMatchObject([
    { personId: 'e-8', severity: 'medium', evidence: { field: 'email', actual: 'mallory@example.com' } },
  ]);
  expect(await emailOf(id)).toBe('mallory@example.com');
  expect((await stage.inventory.personHistory('e-8'))?.events).toHaveLength(events ?? 0);

  const { apiKey, appKey, url } = stage.simulator;
  await using datadog = openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) });
  await linkAccount({ ...lead(), client }, datadog.attempt(), { personId: 'e-8', accountId: id });
  await syncAndSettle();
  expect(await emailOf(id)).toBe('e-8.married@example.com');
  await syncAndSettle();
  expect(await openFindings('driftAltered')).toEqual([]);
});

test('an account that was disabled manually is a finding, and stays disabled', async () => {
  const id = idOf('e-9');
  await official.users.disableUser({ userId: id });
  await syncAndSettle();
  const [finding] = await openFindings('driftAltered');
  expect(finding).toMatchObject({ personId: 'e-9', evidence: { field: 'status', actual: 'disabled' } });
  expect(accountOf(stage, 'e-9')?.status).toBe('Disabled');
  await official.users.updateUser({
    userId: id,
    body: { data: { id, type: 'users', attributes: { disabled: false } } },
  });
  await syncAndSettle();
  expect(await openFindings('driftAltered')).toEqual([]);
});

test('a grant repaired three times in a week is contested and left alone until it holds again', async () => {
  for (let round = 1; round <= 3; round += 1) {
    await takeAway('e-7');
    await syncAndSettle();
    expect(await holds('e-7')).toBe(true);
  }
  await takeAway('e-7');
  await syncAndSettle();
  expect(await holds('e-7')).toBe(false);
  expect(await openFindings('contestedGrant')).toMatchObject([{ personId: 'e-7', severity: 'high' }]);
  await grantManually('e-7', readOnly);
  await syncAndSettle();
  expect(await openFindings('contestedGrant')).toEqual([]);
});

test('more repairs than the budget are held: nothing is written until the batch is allowed', async () => {
  const six = everyone.slice(0, 6);
  for (const personId of six) await takeAway(personId);
  await syncAndSettle();
  const batch = await openBatch();
  expect(batch).toMatchObject({ budget: 5, people: six.map((personId) => ({ personId })) });
  // The next sync sees the same, and asks no second time.
  await syncAndSettle();
  expect((await openBatch())?.batchId).toBe(batch?.batchId);
  for (const personId of six) expect(await holds(personId)).toBe(false);
  expect(await openFindings('repairsHeld')).toMatchObject([{ evidence: { batchId: batch?.batchId, people: 6 } }]);

  const batchId = batch?.batchId ?? '';
  await decideBatch(lead(), { batchId, verdict: 'allow' });
  // Said again it is the same decision.
  await decideBatch(lead(), { batchId, verdict: 'allow' });
  expect(await stage.inventory.listEvidence({ personId: `sync/${batchId}`, limit: 10, offset: 0 })).toMatchObject([
    { action: 'allow held repairs', actor: 'lead@example.com', proof: 'claimed', after: { people: batch?.people } },
  ]);
  for (const personId of six) await eventually(`${personId} to be mended`, () => holds(personId));
  await syncAndSettle();
  expect(await openFindings('driftMissing')).toEqual([]);
  expect(await openBatch()).toBeUndefined();
  expect(await openFindings('repairsHeld')).toEqual([]);
});

test('rejected drift is left as it is until it changes, and everything else is repaired', async () => {
  const six = everyone.slice(0, 6);
  for (const personId of six) await takeAway(personId);
  await syncAndSettle();
  const batchId = (await openBatch())?.batchId ?? '';
  await decideBatch(lead(), { batchId, verdict: 'reject', reason: 'meant so' });
  await expect(decideBatch(lead(), { batchId, verdict: 'allow' })).rejects.toThrow(/waits/);
  expect(await stage.inventory.listEvidence({ personId: `sync/${batchId}`, limit: 10, offset: 0 })).toMatchObject([
    { action: 'reject held repairs', reason: 'meant so', before: { state: 'open' }, after: { state: 'rejected' } },
  ]);
  const id = idOf('e-7');
  await official.users.updateUser({ userId: id, body: { data: { id, type: 'users', attributes: { name: 'Eve' } } } });
  await syncAndSettle();
  expect((await official.users.getUser({ userId: id })).data?.attributes?.name).toBe('Sam Example');
  expect(await openBatch()).toBeUndefined();
  expect(await holds('e-1')).toBe(false);
  expect(await openFindings('driftMissing')).toHaveLength(6);

  // Granted again manually, the rejection is forgotten: the next loss is drift again.
  await grantManually('e-1', readOnly);
  await syncAndSettle();
  await takeAway('e-1');
  await syncAndSettle();
  expect(await holds('e-1')).toBe(true);
});
