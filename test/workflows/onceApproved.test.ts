import { expect, test } from '@jest/globals';
import { employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { lead } from './support/approvers.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';

/** What the person's process waits for somebody to allow. */
async function asked({ muster }: TestMuster, personId: string) {
  return eventually(`${personId} to wait for an approval`, async () =>
    (await muster.status(personId))?.approvals.find(({ about, state }) => about !== undefined && state === 'open'),
  );
}

async function submit(stage: TestMuster, ...event: Parameters<typeof hrEvent>) {
  const submitted = hrEvent(...event);
  await stage.muster.submitEvent(submitted);
  return submitted;
}

test('a duplicate joiner for a person whom security disabled changes nothing until approved', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'a-1', { role: standard });
  stage.simulator.disable(accountId);
  const joiner = await submit(stage, 'joiner', 'a-1', { person: { department: 'Sales' } });
  const { approvalId, about } = await asked(stage, 'a-1');
  expect(about).toEqual({ change: 'enable', accountId });
  const act = `enable account ${accountId}, which somebody else has disabled`;
  expect((await inPhase(stage, 'a-1', 'waitingForApproval')).phase).toBe('waitingForApproval');
  expect(await stage.inventory.listApprovals({ state: 'open', personId: 'a-1' })).toMatchObject([{ approvalId, act }]);
  expect(stage.notices).toContainEqual(
    expect.objectContaining({ kind: 'approvalRequested', to: [lead], details: expect.objectContaining({ act }) }),
  );
  await expect(stage.muster.decide({ approvalId, verdict: 'approve', actor: 'a-1@example.com' })).rejects.toThrow(
    'their own access',
  );
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [standard] });

  await stage.muster.decide({ approvalId, verdict: 'approve', actor: lead });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  // The role that it still held is gone, and what the policy grants is there.
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
  const evidence = await stage.inventory.listEvidence({ personId: 'a-1', limit: 100, offset: 0 });
  const written = evidence.filter(({ action }) => /^(remove|enable|assign)/.test(action)).map(({ action }) => action);
  expect(written).toEqual(['remove role', 'enable account', 'assign role']);
  expect(evidence.find(({ action }) => action === 'enable account')).toMatchObject({
    actor: lead,
    reason: `approval ${approvalId}`,
  });
});

test('an account that somebody else disabled stays disabled where that is rejected', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'a-2', { role: standard });
  stage.simulator.disable(accountId);
  const joiner = await submit(stage, 'joiner', 'a-2');
  const { approvalId } = await asked(stage, 'a-2');
  await stage.muster.decide({ approvalId, verdict: 'reject', actor: lead });
  expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'failed', detail: expect.stringContaining('rejected') });
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [standard] });
});

test('a rehire needs an approval unless Muster itself disabled the account', async () => {
  await using stage = await server.startMuster();
  const byOthers = await employ(stage, 'a-3');
  const byMuster = await employ(stage, 'a-4');
  stage.simulator.disable(byOthers);
  for (const personId of ['a-3', 'a-4']) {
    const leaver = await submit(stage, 'leaver', personId, { immediate: true });
    expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  }
  // HR says it once more: the account being disabled already does not mean that somebody else did it.
  const again = await submit(stage, 'leaver', 'a-4', { at: new Date(Date.now() + 1), immediate: true });
  await outcomeOf(stage, again);
  const at = new Date(Date.now() + 2);
  const rehired = await submit(stage, 'joiner', 'a-4', { at, person: { name: 'Sam Rehired' } });
  expect((await outcomeOf(stage, rehired)).kind).toBe('completed');
  expect((await readAccount(stage, byMuster)).status).toBe('Active');
  expect(stage.simulator.users().find(({ id }) => id === byMuster)?.name).toBe('Sam Rehired');
  await submit(stage, 'joiner', 'a-3', { at });
  await asked(stage, 'a-3');
  expect((await readAccount(stage, byOthers)).status).toBe('Disabled');
});

test('a rehire that fails leaves the account Muster’s own to enable', async () => {
  await using stage = await server.startMuster({
    policy: (example) => ({ ...example, identity: { ...example.identity, allowedDomains: ['example.com'] } }),
  });
  const accountId = await employ(stage, 'a-7');
  const left = await submit(stage, 'leaver', 'a-7', { immediate: true });
  expect((await outcomeOf(stage, left)).kind).toBe('completed');
  const misspelt = { at: new Date(Date.now() + 1), person: { email: 'a-7@elsewhere.example' } };
  expect((await outcomeOf(stage, await submit(stage, 'joiner', 'a-7', misspelt))).kind).toBe('failed');
  const rehired = await submit(stage, 'joiner', 'a-7', { at: new Date(Date.now() + 2) });
  expect((await outcomeOf(stage, rehired)).kind).toBe('completed');
  expect((await readAccount(stage, accountId)).status).toBe('Active');
});

test('while enabling waits for an approval a move counts, and a leave ends it', async () => {
  await using stage = await server.startMuster();
  const moved = await employ(stage, 'a-5');
  const left = await employ(stage, 'a-6');
  for (const accountId of [moved, left]) stage.simulator.disable(accountId);
  const joiner = await submit(stage, 'joiner', 'a-5', { person: { department: 'Sales' } });
  const { approvalId } = await asked(stage, 'a-5');
  const at = new Date(Date.now() + 1);
  const mover = await submit(stage, 'mover', 'a-5', { at, person: { department: 'Engineering' } });
  await eventually('the move to be taken', async () =>
    (await stage.muster.status('a-5'))?.steps.some(({ text }) => text.includes('changed in place')),
  );
  await stage.muster.decide({ approvalId, verdict: 'approve', actor: lead });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect(await readAccount(stage, moved)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });

  await submit(stage, 'joiner', 'a-6');
  const request = await asked(stage, 'a-6');
  const leaver = await submit(stage, 'leaver', 'a-6', { at, immediate: true });
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect((await readAccount(stage, left)).status).toBe('Disabled');
  expect(await stage.inventory.listApprovals({ personId: 'a-6' })).toMatchObject([
    { approvalId: request.approvalId, state: 'withdrawn' },
  ]);
});

test('the e-mail of a privileged person changes once somebody approves it, the name at once', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'a-7', { role: admin, person: { department: 'Sales' } });
  const person = { email: 'a-7.new@example.com', name: 'Sam Married', department: 'Sales' };
  const mover = await submit(stage, 'mover', 'a-7', { person });
  const { approvalId } = await asked(stage, 'a-7');
  expect(await stage.inventory.findApproval({ personId: 'a-7', approvalId })).toMatchObject({
    act: `change the e-mail of account ${accountId} to a-7.new@example.com`,
  });
  for (const actor of ['a-7@example.com', 'a-7.new@example.com'])
    await expect(stage.muster.decide({ approvalId, verdict: 'approve', actor })).rejects.toThrow('their own access');
  expect((await readAccount(stage, accountId)).email).toBe('a-7@example.com');
  expect(stage.simulator.users().find(({ id }) => id === accountId)?.name).toBe('Sam Married');
  await stage.muster.decide({ approvalId, verdict: 'approve', actor: lead });
  await outcomeOf(stage, mover);
  expect((await readAccount(stage, accountId)).email).toBe('a-7.new@example.com');
  const evidence = await stage.inventory.listEvidence({ personId: 'a-7', limit: 100, offset: 0 });
  expect(evidence.filter(({ action }) => action === 'update account').map(({ actor }) => actor)).toEqual(['cli', lead]);
});

test('without a privileged role a new e-mail needs no approval; a rejected one is not written', async () => {
  await using stage = await server.startMuster();
  const plain = await employ(stage, 'a-8', { role: readOnly });
  const mover = await submit(stage, 'mover', 'a-8', { person: { email: 'a-8.new@example.com' } });
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect((await readAccount(stage, plain)).email).toBe('a-8.new@example.com');

  const accountId = await employ(stage, 'a-9', { role: admin });
  const rejected = await submit(stage, 'mover', 'a-9', { person: { email: 'a-9.new@example.com' } });
  const { approvalId } = await asked(stage, 'a-9');
  await stage.muster.decide({ approvalId, verdict: 'reject', actor: lead });
  expect(await outcomeOf(stage, rejected)).toMatchObject({
    kind: 'partiallyCompleted',
    detail: 'not done: update email (the approval was rejected)',
  });
  expect((await readAccount(stage, accountId)).email).toBe('a-9@example.com');
});
