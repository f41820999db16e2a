import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import {
  applySchedules,
  describeSync,
  lightSyncNow,
  pauseSync,
  resumeSync,
  syncNow,
} from '../../client/operations/schedule.ts';
import { evidence } from '../inventory/samples.ts';
import { startDevServer } from '../support/engine.ts';
import { accountOf, hrEvent, inPhase, outcomeOf, startTestMuster, type TestMuster } from '../support/muster.ts';

let opened: AsyncDisposableStack;
let stage: TestMuster;
let client: Awaited<ReturnType<typeof startDevServer>>['client'];

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  stage = stack.use(
    await startTestMuster({ client: engine.client, connection, simulator: { people: 230, nhis: 30, seed: 7 } }),
  );
  client = engine.client;
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 3 1 1 *' },
    roster: stage.policy.roster,
  });
  opened = stack.move();
});
afterAll(() => opened?.disposeAsync());
beforeEach(() => stage.simulator.faults.clear());

/** To its end. */
const lightPass = () =>
  client.workflow.execute('accessSync', { workflowId: 'light', taskQueue: 'muster', args: [{ depth: 'light' }] });

test('a full sync records every account with its roles, and a second one finds no change', async () => {
  const there = stage.simulator.users();
  const first = await syncNow(client);
  const humans = there.filter(({ serviceAccount }) => !serviceAccount).length;
  expect(first).toMatchObject({ complete: true, users: humans, serviceAccounts: there.length - humans, removed: 0 });
  expect(first.added).toBeGreaterThanOrEqual(there.length);
  const rows = await stage.inventory.listAccounts({ limit: 1_000, offset: 0 });
  const known = rows.map(({ id, status, roleNames }) => ({ id, status, roles: roleNames.toSorted() }));
  const expected = there.map(({ id, status, roles }) => ({
    id,
    status: status.toLowerCase(),
    roles: roles.toSorted(),
  }));
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(known.toSorted(byId)).toEqual(expected.toSorted(byId));
  expect(await syncNow(client)).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0 });
});

test('applying the schedules again changes nothing but what differs, and a pause stays', async () => {
  await pauseSync(client, 'maintenance');
  await applySchedules(client, {
    sync: { ...stage.policy.sync, lightEveryMs: 3_600_000, cron: '0 4 1 1 *' },
    roster: stage.policy.roster,
  });
  expect(await describeSync(client)).toMatchObject({ isPaused: true, note: 'maintenance' });
  await resumeSync(client, 'done');
  expect(await describeSync(client)).toMatchObject({ isPaused: false });
});

test('a light sync tells the waiting process about an acceptance, even if others are pending', async () => {
  const joiner = hrEvent('joiner', 'e-1');
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
  stage.simulator.requests.reset();
  await lightSyncNow(client);
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  expect(stage.simulator.requests.count('GET', '/api/v2/users')).toBe(1);
});

test('a light sync stops asking about a person who accepted, however long an approval takes', async () => {
  const joiner = hrEvent('joiner', 'e-9', { person: { department: 'SRE' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-9', 'waitingForAcceptance');
  stage.simulator.accept(accountOf(stage, 'e-9')?.id ?? '');
  await lightSyncNow(client);
  await inPhase(stage, 'e-9', 'waitingForApproval');
  stage.simulator.requests.reset();
  await lightPass();
  expect(stage.simulator.requests.list()).toEqual([]);
  const [asked] = await stage.inventory.listApprovals({ personId: 'e-9', state: 'open' });
  const approvalId = asked?.approvalId ?? '';
  await stage.muster.decide({ approvalId, verdict: 'approve', actor: 'security-lead@example.com' });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
});

test('an unreadable account keeps nobody else waiting, and is read by the next light sync', async () => {
  const [unread, read] = [hrEvent('joiner', 'e-7'), hrEvent('joiner', 'e-8')];
  for (const joiner of [unread, read]) {
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, joiner.personId, 'waitingForAcceptance');
    stage.simulator.accept(accountOf(stage, joiner.personId)?.id ?? '');
  }
  const path = `^/api/v2/users/${accountOf(stage, 'e-7')?.id ?? ''}$`;
  stage.simulator.faults.add({ kind: 500, match: { method: 'GET', path } });
  await lightSyncNow(client);
  expect((await outcomeOf(stage, read)).kind).toBe('completed');
  stage.simulator.faults.clear();
  expect((await stage.inventory.findEvent(unread.eventId))?.outcome).toBeUndefined();
  await lightSyncNow(client);
  expect((await outcomeOf(stage, unread)).kind).toBe('completed');
});

test('while nobody waits a light sync asks Datadog nothing', async () => {
  stage.simulator.requests.reset();
  expect(await lightPass()).toBeUndefined();
  expect(stage.simulator.requests.list()).toEqual([]);
});

test('a light sync notes the end of the evidence where that is an hour ago', async () => {
  await stage.inventory.appendEvidence(evidence('one'));
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  await stage.inventory.setMark('noted', { seq: 0, hash: '', at: hourAgo });
  await lightPass();
  const head = await stage.inventory.evidenceHead();
  expect(head).toBeDefined();
  expect(await stage.inventory.findMark('noted')).toMatchObject({ ...head });
});

test('a sync that Datadog refuses ends as incomplete with the reason, and closes nothing', async () => {
  const before = await stage.inventory.listAccounts({ limit: 1_000, offset: 0 });
  stage.simulator.keys.setScopes(['user_access_invite']);
  const refused = await syncNow(client);
  stage.simulator.keys.setScopes(null);
  expect(refused).toMatchObject({ complete: false, removed: 0 });
  const [run] = await stage.inventory.listSyncRuns(1);
  expect(run?.reason).toContain('user_access_read');
  expect(await stage.inventory.listAccounts({ limit: 1_000, offset: 0 })).toHaveLength(before.length);
});
