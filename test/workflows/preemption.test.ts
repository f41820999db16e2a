import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { startDevServer } from '../support/engine.ts';
import { officialClient } from '../support/officialClient.ts';
import {
  accountOf,
  eventually,
  hrEvent,
  inPhase,
  outcomeOf,
  startTestMuster,
  type TestMuster,
} from '../support/muster.ts';

// On the dev server: writes take real time, and the time-skipping server cannot continue a cancelled run as new.
let opened: AsyncDisposableStack;
let stage: TestMuster;
let client: Awaited<ReturnType<typeof startDevServer>>['client'];

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startDevServer());
  const connection = await NativeConnection.connect({ address: engine.address });
  stack.defer(() => connection.close());
  stage = stack.use(await startTestMuster({ client: engine.client, connection }));
  client = engine.client;
  opened = stack.move();
});
afterAll(() => opened?.disposeAsync());

const admin = 'Datadog Admin Role';

test('a leaver that becomes due inside a slow role write leaves no role behind', async () => {
  const joiner = hrEvent('joiner', 'e-1', { person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  const accountId = accountOf(stage, 'e-1')?.id ?? '';
  const slow = stage.simulator.faults.add({
    kind: 'slow',
    ms: 4_000,
    match: { method: 'POST', path: '/roles/[^/]+/users' },
  });
  stage.simulator.accept(accountId);
  const handle = client.workflow.getHandle('person/e-1');
  await handle.signal('accountActivated', { accountId });
  await eventually('the role write in flight', () => slow.struck > 0);
  const leaver = hrEvent('leaver', 'e-1', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect((await outcomeOf(stage, joiner)).kind).toBe('superseded');
  // Whatever was on its way has arrived by now.
  await eventually('all requests answered', () =>
    stage.simulator.requests.list().every(({ status }) => status !== null),
  );
  expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Disabled', roles: [], teams: [] });
  expect(await stage.inventory.listGrants({ personId: 'e-1', open: true, limit: 10, offset: 0 })).toEqual([]);
  stage.simulator.faults.clear();
});

test('a leaver waits for a write in flight while another one is between two tries', async () => {
  const joiner = hrEvent('joiner', 'e-5', { person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-5', 'waitingForAcceptance');
  const accountId = accountOf(stage, 'e-5')?.id ?? '';
  const { data: roles = [] } = await officialClient(stage.simulator).roles.listRoles({ pageSize: 100 });
  const writesOf = (role: string) => ({
    method: 'POST',
    path: `/roles/${roles.find(({ attributes }) => attributes?.name === role)?.id ?? ''}/users`,
  });
  const failing = stage.simulator.faults.add({ kind: 503, match: writesOf('Datadog Read Only Role') });
  const slow = stage.simulator.faults.add({ kind: 'slow', ms: 7_000, match: writesOf('Datadog Standard Role') });
  stage.simulator.accept(accountId);
  await client.workflow.getHandle('person/e-5').signal('accountActivated', { accountId });
  await eventually('one write in flight, one failed twice', () => slow.struck > 0 && failing.struck > 1);
  const leaver = hrEvent('leaver', 'e-5', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  await eventually('all requests answered', () =>
    stage.simulator.requests.list().every(({ status }) => status !== null),
  );
  expect(accountOf(stage, 'e-5')).toMatchObject({ status: 'Disabled', roles: [], teams: [] });
  stage.simulator.faults.clear();
});

test('a write in flight without a reply, ended by a leaver, is no failure', async () => {
  const joiner = hrEvent('joiner', 'e-4', { person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-4', 'waitingForAcceptance');
  const accountId = accountOf(stage, 'e-4')?.id ?? '';
  stage.simulator.accept(accountId);
  await client.workflow.getHandle('person/e-4').signal('accountActivated', { accountId });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  const hanging = stage.simulator.faults.add({
    kind: 'hang',
    when: 'after',
    times: 1,
    match: { method: 'DELETE', path: '/roles/[^/]+/users' },
  });
  const mover = hrEvent('mover', 'e-4', { person: { department: 'Sales' } });
  await stage.muster.submitEvent(mover);
  await eventually('the role write in flight', () => hanging.struck > 0);
  const leaver = hrEvent('leaver', 'e-4', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  // Postponed by the leaver, it finds nobody there.
  expect((await outcomeOf(stage, mover)).kind).toBe('nothingToDo');
  expect(accountOf(stage, 'e-4')).toMatchObject({ status: 'Disabled', roles: [], teams: [] });
  stage.simulator.faults.clear();
});

test('cancelling in the Temporal UI ends the process, not the mailbox', async () => {
  const joiner = hrEvent('joiner', 'e-2');
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-2', 'waitingForAcceptance');
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const leaver = hrEvent('leaver', 'e-2', { effectiveAt: tomorrow });
  await stage.muster.submitEvent(leaver);
  await eventually('the leaver in the mailbox', async () => (await stage.muster.status('e-2'))?.mailbox.length === 1);
  await client.workflow.getHandle('person/e-2').cancel();
  expect((await outcomeOf(stage, joiner)).kind).toBe('cancelled');
  expect(await inPhase(stage, 'e-2', 'scheduled')).toMatchObject({ process: 'offboarding', event: { kind: 'leaver' } });
  const now = { ...hrEvent('leaver', 'e-2', { at: new Date(Date.now() + 1_000) }), immediate: true };
  await stage.muster.submitEvent(now);
  expect((await outcomeOf(stage, now)).kind).toBe('completed');
  expect((await outcomeOf(stage, leaver)).kind).toBe('superseded');
  expect(accountOf(stage, 'e-2')?.status).toBe('Disabled');
});

test('a leaver ends a process that waits for an approval, and the approval with it', async () => {
  const joiner = hrEvent('joiner', 'e-3', { person: { department: 'SRE' } });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-3', 'waitingForAcceptance');
  const accountId = accountOf(stage, 'e-3')?.id ?? '';
  stage.simulator.accept(accountId);
  await client.workflow.getHandle('person/e-3').signal('accountActivated', { accountId });
  const { approvals } = await inPhase(stage, 'e-3', 'waitingForApproval');
  const leaver = hrEvent('leaver', 'e-3');
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect(await stage.inventory.listApprovals({ personId: 'e-3' })).toMatchObject([{ state: 'withdrawn' }]);
  const decision = {
    approvalId: approvals[0]?.approvalId ?? '',
    verdict: 'approve',
    actor: 'security-lead@example.com',
  } as const;
  await expect(stage.muster.decide(decision)).rejects.toThrow(/withdrawn/);
  expect(accountOf(stage, 'e-3')).toMatchObject({ status: 'Disabled', roles: [] });
  expect(stage.simulator.users().some(({ email, roles }) => email === 'e-3@example.com' && roles.includes(admin))).toBe(
    false,
  );
});
