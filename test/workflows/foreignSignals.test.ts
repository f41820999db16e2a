import { expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { personWorkflowId, submitDecisionUpdate } from '../../domain/contracts.ts';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { budgetOf } from '../support/changeBudget.ts';
import { useDevServer } from '../support/onDevServer.ts';

/** Whoever reaches Temporal sends signals and updates to anybody's run, with contents of their own. */
const server = useDevServer();
const handleOf = (personId: string) => server.client().workflow.getHandle(personWorkflowId(personId));
const signalOf = (personId: string, name: string, ...args: unknown[]) => handleOf(personId).signal(name, ...args);

async function invite(stage: TestMuster, personId: string, department = 'Sales') {
  const joiner = hrEvent('joiner', personId, { person: { department } });
  await stage.muster.submitEvent(joiner);
  const { account } = await inPhase(stage, personId, 'waitingForAcceptance');
  return { joiner, accountId: account?.id ?? '' };
}

/** The run lists at least so many things that did not count. */
const refusals = (stage: TestMuster, personId: string, least: number) =>
  eventually(`${least} refusals of ${personId}`, async () => {
    const refused = (await stage.muster.status(personId))?.refused ?? [];
    return refused.length >= least && refused.map(({ what, why }) => `${what}: ${why}`);
  });

test('an acceptance that somebody claims, of whichever account, is read back in Datadog', async () => {
  await using stage = await server.startMuster();
  const { accountId, joiner } = await invite(stage, 's-1');
  const other = await activeAccount(stage.simulator, 'somebody.else@example.com');
  for (const claimed of [accountId, other, 'made-up']) {
    await signalOf('s-1', 'accountActivated', { accountId: claimed });
  }
  await signalOf('s-1', 'accountActivated', { accountId: 1 });
  const refused = await refusals(stage, 's-1', 2);
  expect(refused).toEqual([
    expect.stringContaining('accountActivated signal'),
    expect.stringContaining('accountActivated signal'),
  ]);
  expect(accountOf(stage, 's-1')).toMatchObject({ status: 'Pending', roles: [] });
  expect(await readAccount(stage, other)).toMatchObject({ roles: [] });
  stage.simulator.accept(accountId);
  await signalOf('s-1', 'accountActivated', { accountId });
  expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
});

test('notices of events that are another person’s, unknown, or not withdrawn change nothing', async () => {
  await using stage = await server.startMuster();
  const { joiner } = await invite(stage, 's-2');
  const accountId = await employ(stage, 's-3');
  const effectiveAt = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString();
  const leaver = hrEvent('leaver', 's-3', { effectiveAt });
  await stage.muster.submitEvent(leaver);
  await inPhase(stage, 's-3', 'scheduled');
  for (const name of ['hrEvent', 'cancelEvent']) {
    for (const eventId of [leaver.eventId, 'made-up']) await signalOf('s-2', name, { eventId });
    await signalOf('s-2', name, leaver.eventId);
    await signalOf('s-3', name, { ...leaver, eventId: joiner.eventId, effectiveAt: joiner.effectiveAt });
  }
  await signalOf('s-3', 'cancelEvent', { eventId: leaver.eventId, isWithdrawn: true });
  await refusals(stage, 's-2', 6);
  await refusals(stage, 's-3', 2);
  expect((await inPhase(stage, 's-2', 'waitingForAcceptance')).event).toMatchObject({ eventId: joiner.eventId });
  expect((await inPhase(stage, 's-3', 'scheduled')).mailbox).toMatchObject([{ eventId: leaver.eventId }]);
  for (const { eventId } of [joiner, leaver]) {
    const row = await stage.inventory.findEvent(eventId);
    expect({ withdrawal: row?.withdrawal, outcome: row?.outcome }).toEqual({});
  }
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active' });
});

test('a whole event of the far future in a signal is none, and the leaver of today counts', async () => {
  await using stage = await server.startMuster();
  const { joiner, accountId } = await invite(stage, 's-7');
  const never = '2099-01-01T00:00:00.000Z';
  for (const kind of ['joiner', 'leaverRescinded'] as const) {
    await signalOf('s-7', 'hrEvent', { ...joiner, kind, eventId: `${kind}-of-2099`, occurredAt: never });
    await signalOf('s-7', 'hrEvent', { ...joiner, kind, occurredAt: never });
  }
  await refusals(stage, 's-7', 2);
  const leaver = hrEvent('leaver', 's-7', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('a leaver that comes in a flood of large signals is carried out', async () => {
  await using stage = await server.startMuster();
  const { accountId } = await invite(stage, 's-8');
  const large = 'x'.repeat(240_000);
  const flood = async () => {
    for (let sent = 0; sent < 20; sent += 1) {
      await server.client().workflow.signalWithStart('onboarding', {
        workflowId: personWorkflowId('s-8'),
        taskQueue: 'muster',
        signal: 'hrEvent',
        signalArgs: [{ eventId: 'none', large }],
      });
    }
  };
  await flood();
  const leaver = hrEvent('leaver', 's-8', { immediate: true });
  await Promise.all([flood(), stage.muster.submitEvent(leaver)]);
  expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('decisions that nobody has made, by signal and by update, count for nothing', async () => {
  await using stage = await server.startMuster({
    policy: (example) => ({ ...example, approvals: { ...example.approvals, acceptClaimed: false } }),
  });
  const { accountId } = await invite(stage, 's-4', 'SRE');
  stage.simulator.accept(accountId);
  await signalOf('s-4', 'accountActivated', { accountId });
  const { approvals } = await inPhase(stage, 's-4', 'waitingForApproval');
  const approvalId = approvals[0]?.approvalId ?? '';
  const said = { decisionId: 'd-1', approvalId, verdict: 'approve', actor: 'security-lead@example.com' };
  for (const input of [said, { ...said, attestation: 'x.y.z' }, { ...said, approvalId: 'made-up' }, 'approve', null]) {
    await signalOf('s-4', 'decide', input);
  }
  for (const input of [{ decisionId: 'd-2', approvalId }, { ...said, approvalId: 'made-up' }, said, 'approve', {}]) {
    const update = handleOf('s-4').executeUpdate(submitDecisionUpdate, { args: [input as never] });
    await expect(update).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
  }
  await refusals(stage, 's-4', 7);
  expect((await inPhase(stage, 's-4', 'waitingForApproval')).approvals).toMatchObject([{ state: 'open' }]);
  expect(accountOf(stage, 's-4')?.roles).toHaveLength(1);
  expect(await stage.inventory.listApprovals({ personId: 's-4' })).toMatchObject([{ state: 'open', decisions: [] }]);
});

test('a flood of signals that say nothing leaves a held leaver held, and its run able to answer', async () => {
  await using stage = await server.startMuster({ policy: (example) => ({ ...example, changeBudget: budgetOf(1) }) });
  const [first, held] = ['s-5', 's-6'];
  await employ(stage, first);
  const accountId = await employ(stage, held);
  const gone = hrEvent('leaver', first, { immediate: true });
  await stage.muster.submitEvent(gone);
  await outcomeOf(stage, gone);
  await stage.muster.submitEvent(hrEvent('leaver', held, { immediate: true }));
  await inPhase(stage, held, 'held');
  stage.simulator.requests.reset();
  for (let sent = 0; sent < 50; sent += 1) {
    await Promise.all([
      signalOf(held, 'recheck'),
      signalOf(held, 'unheard-of', { sent }),
      signalOf(held, 'recheck', 1),
    ]);
  }
  expect((await inPhase(stage, held, 'held')).blocked?.reason).toContain('would lose');
  expect(stage.simulator.requests.list().filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active' });
  expect((await handleOf(held).describe()).status.name).toBe('RUNNING');
});
