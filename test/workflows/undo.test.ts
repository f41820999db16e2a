import { expect, test } from '@jest/globals';
import { DatadogFailure } from '../../datadog/failures.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import { NotFoundError, RefusedError } from '../../domain/errors.ts';
import { cancelEvent, restorePerson } from '../../client/operations/undo.ts';
import { employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';
import { day, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';
const minute = 60_000;

const operatorOn = ({ inventory, muster }: TestMuster, client = server.client()) => ({
  client,
  inventory,
  muster,
  actor: 'it@example.com',
  proof: 'claimed' as const,
});

/** Grants manually, by Datadog's own client. */
async function grantManually({ simulator }: TestMuster, accountId: string, names: { role: string; team: string }) {
  const { roles, teams } = officialClient(simulator);
  const found = (await roles.listRoles({ pageSize: 100 })).data ?? [];
  const roleId = found.find(({ attributes }) => attributes?.name === names.role)?.id ?? '';
  await roles.addUserToRole({ roleId, body: { data: { id: accountId, type: 'users' } } });
  const { data } = await teams.createTeam({
    body: { data: { type: 'team', attributes: { handle: names.team, name: names.team } } },
  });
  const teamId = data?.id ?? '';
  const user = { data: { id: accountId, type: 'users' as const } };
  await teams.createTeamMembership({
    teamId,
    body: { data: { type: 'team_memberships', attributes: {}, relationships: { user } } },
  });
  return teamId;
}

async function gone(stage: TestMuster, personId: string): Promise<void> {
  const leaver = hrEvent('leaver', personId, { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
}

test('a restore grants exactly what was recorded, and a privileged role only once approved', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'r-1', { role: standard, person: { department: 'Sales' } });
  const teamId = await grantManually(stage, accountId, { role: admin, team: 'restored' });
  await gone(stage, 'r-1');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });

  const { eventId, roles, teams } = await restorePerson(operatorOn(stage), 'r-1');
  expect({ roles: roles.toSorted(), teams }).toEqual({ roles: [admin, standard], teams: ['restored'] });
  const { approvals } = await inPhase(stage, 'r-1', 'waitingForApproval');
  // The policy would grant the Read Only Role, and nothing else.
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [standard] });
  expect(await officialClient(stage.simulator).teamsOf(accountId)).toEqual([teamId]);
  expect(approvals).toMatchObject([{ state: 'open', privileged: [admin] }]);

  const approvalId = approvals[0]?.approvalId ?? '';
  await stage.muster.decide({ approvalId, verdict: 'approve', actor: 'security-lead@example.com' });
  const row = await eventually('the restore to end', async () => {
    const found = await stage.inventory.findEvent(eventId);
    return found?.outcome === undefined ? undefined : found;
  });
  expect(row.outcome?.kind).toBe('completed');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [admin, standard] });
  expect((await stage.inventory.findPerson('r-1'))?.employment).toBe('employed');
  const evidence = await stage.inventory.listEvidence({ personId: 'r-1', limit: 100, offset: 0 });
  expect(evidence.find(({ action }) => action === 'ask to restore access')).toMatchObject({
    actor: 'it@example.com',
    after: { accountId },
  });
});

/** The first write of each kind happens, and nobody learns of it: as with a worker that dies in the middle. */
function losesFirstAnswers(datadog: DatadogClient): DatadogClient {
  const lost = new Set<string>();
  const loseOnce = async <T>(write: string, call: () => Promise<T>): Promise<T> => {
    const answer = await call();
    if (lost.has(write)) return answer;
    lost.add(write);
    throw new DatadogFailure('DatadogUnavailable', 'the answer is lost for this test');
  };
  return {
    ...datadog,
    attempt: (options) => {
      const api = datadog.attempt(options);
      return {
        ...api,
        enableAccount: (...args) => loseOnce('enable', () => api.enableAccount(...args)),
        assign: (...args) => loseOnce(`grant ${args[1].kind}`, () => api.assign(...args)),
      };
    },
  };
}

test('a restore whose replies are lost midway ends the same, with evidence of each write', async () => {
  await using stage = await server.startMuster({ wrapDatadog: losesFirstAnswers });
  const accountId = await employ(stage, 'r-5', { role: standard });
  await gone(stage, 'r-5');
  const { eventId } = await restorePerson(operatorOn(stage), 'r-5');
  const outcome = await eventually('the end', async () => (await stage.inventory.findEvent(eventId))?.outcome);
  expect(outcome.kind).toBe('completed');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [standard] });
  const evidence = await stage.inventory.listEvidence({ personId: 'r-5', limit: 100, offset: 0 });
  const written = evidence.filter((entry) => entry.eventId === eventId).map(({ action }) => action);
  expect(written.toSorted()).toEqual(['ask to restore access', 'assign role', 'enable account', 'update account']);
});

test('a person whom Muster never disabled, or who has not left, is not restored', async () => {
  await using stage = await server.startMuster();
  const employed = await employ(stage, 'r-2');
  const byOthers = await employ(stage, 'r-3', { employment: 'left' });
  stage.simulator.disable(byOthers);
  // Muster disabled it once; after the return somebody else did, and the next leaver found it so.
  const returned = await employ(stage, 'r-4');
  await gone(stage, 'r-4');
  const back = hrEvent('leaverRescinded', 'r-4', { at: new Date(Date.now() + 1) });
  await stage.muster.submitEvent(back);
  expect((await outcomeOf(stage, back)).kind).toBe('completed');
  stage.simulator.disable(returned);
  await gone(stage, 'r-4');

  const requests = () => stage.simulator.requests.list().length;
  const before = requests();
  for (const personId of ['r-2', 'r-3', 'r-4']) {
    await expect(restorePerson(operatorOn(stage), personId)).rejects.toThrow(RefusedError);
  }
  expect(requests()).toBe(before);
  expect(await readAccount(stage, employed)).toMatchObject({ status: 'Active' });
  expect(await readAccount(stage, byOthers)).toMatchObject({ status: 'Disabled' });
  expect(await readAccount(stage, returned)).toMatchObject({ status: 'Disabled' });

  // The same by a bare signal: the process sees for itself.
  const forged = hrEvent('leaverRescinded', 'r-3', { restore: true });
  await stage.muster.submitEvent(forged);
  expect(await outcomeOf(stage, forged)).toMatchObject({ kind: 'failed', detail: expect.stringContaining('recorded') });
  expect(await readAccount(stage, byOthers)).toMatchObject({ status: 'Disabled' });
});

test('a waiting event can be withdrawn during another process; a running or applied one cannot', async () => {
  await using stage = await server.startMuster();
  const joiner = hrEvent('joiner', 'c-1');
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'c-1', 'waitingForAcceptance');
  const effectiveAt = new Date(Date.now() + 30 * day).toISOString();
  const leaver = hrEvent('leaver', 'c-1', { effectiveAt, at: new Date(Date.now() + 1) });
  await stage.muster.submitEvent(leaver);
  await eventually('the leaver to wait', async () => (await stage.muster.status('c-1'))?.mailbox.length === 1);
  const cancelled = await cancelEvent(operatorOn(stage), { eventId: leaver.eventId, reason: 'a mistake' });
  expect(cancelled.outcome).toMatchObject({ kind: 'cancelled', detail: 'withdrawn by it@example.com: a mistake' });
  expect((await stage.muster.status('c-1'))?.mailbox).toEqual([]);
  const links = await stage.inventory.listEvidence({ personId: 'c-1', limit: 100, offset: 0 });
  expect(links.filter(({ eventId }) => eventId === leaver.eventId)).toMatchObject([
    { action: 'ask to cancel event', actor: 'it@example.com', proof: 'claimed', reason: 'a mistake' },
    { action: 'drop event', reason: 'withdrawn by it@example.com: a mistake', after: { outcome: 'cancelled' } },
  ]);

  await expect(cancelEvent(operatorOn(stage), { eventId: joiner.eventId })).rejects.toThrow(/process is running/);
  const status = await stage.muster.status('c-1');
  expect(status?.phase).toBe('waitingForAcceptance');
  expect(status?.refused).toContainEqual(expect.objectContaining({ what: `cancel ${joiner.eventId}` }));
  const again = cancelEvent(operatorOn(stage), { eventId: leaver.eventId });
  await expect(again).rejects.toThrow(RefusedError);
  await expect(cancelEvent(operatorOn(stage), { eventId: 'nobody-knows' })).rejects.toThrow(NotFoundError);

  const accountId = await employ(stage, 'c-2');
  const applied = hrEvent('leaver', 'c-2', { immediate: true });
  await stage.muster.submitEvent(applied);
  expect((await outcomeOf(stage, applied)).kind).toBe('completed');
  await expect(cancelEvent(operatorOn(stage), { eventId: applied.eventId })).rejects.toThrow(/taken already/);
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('an event that was received and never handed over is withdrawn too', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'c-3');
  const leaver = hrEvent('leaver', 'c-3', { immediate: true });
  await stage.inventory.receiveEvent(leaver, new Date().toISOString());
  const { outcome } = await cancelEvent(operatorOn(stage), { eventId: leaver.eventId });
  expect(outcome.kind).toBe('cancelled');
  await stage.muster.submitEvent(leaver);
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
});

test('a leaver recorded in January counts after a mover of February', async () => {
  await using stage = await server.startMuster();
  const accountId = await employ(stage, 'j-1', { person: { department: 'Sales' } });
  const mover = hrEvent('mover', 'j-1', {
    at: new Date('2026-02-10T09:00:00Z'),
    person: { department: 'Engineering' },
  });
  await stage.muster.submitEvent(mover);
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  const leaver = hrEvent('leaver', 'j-1', { at: new Date('2026-01-10T09:00:00Z') });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  expect((await stage.inventory.findPerson('j-1'))?.attributes?.department).toBe('Engineering');
});

test("a leaver's access is on record for a restore, even if Datadog did not show it at first", async () => {
  await onSkippedTime(async (stage) => {
    const { simulator, inventory, muster } = stage;
    const accountId = await employ(stage, 'e-1', { role: standard });
    simulator.faults.add({ kind: '500', match: { method: 'GET', path: '/memberships$' } });
    const leaver = hrEvent('leaver', 'e-1', { at: await stage.now(), immediate: true });
    await muster.submitEvent(leaver);
    await eventually('the account to be disabled all the same', async () => {
      await stage.pass(10_000);
      return (await readAccount(stage, accountId)).status === 'Disabled';
    });
    expect(await readAccount(stage, accountId)).toMatchObject({ roles: [standard] });
    expect(await inventory.findAccessBefore('e-1')).toBeUndefined();
    simulator.faults.clear();
    await stage.pass(10 * minute);
    expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    expect(await inventory.findAccessBefore('e-1')).toMatchObject({
      accountId,
      access: { roles: [{ name: standard }] },
    });
  });
});

/** Somebody whose leave takes effect in a day. */
async function leavingTomorrow(stage: SkippedTime) {
  const accountId = await employ(stage, 'e-1', { role: readOnly });
  const leaver = hrEvent('leaver', 'e-1', {
    at: await stage.now(),
    effectiveAt: (await stage.now(day)).toISOString(),
  });
  await stage.muster.submitEvent(leaver);
  await inPhase(stage, 'e-1', 'scheduled');
  return { accountId, leaver };
}

test('a leaver that is cancelled before its day never happens', async () => {
  await onSkippedTime(async (stage) => {
    const { accountId, leaver } = await leavingTomorrow(stage);
    const asOperator = operatorOn(stage, stage.client);
    expect((await cancelEvent(asOperator, { eventId: leaver.eventId })).outcome.kind).toBe('cancelled');
    await stage.muster.submitEvent(leaver);
    await stage.pass(2 * day);
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    expect((await outcomeOf(stage, leaver)).kind).toBe('cancelled');
    expect((await stage.inventory.findPerson('e-1'))?.employment).toBe('employed');
  });
});

test('a leave that is rescinded one minute before it applies never happens', async () => {
  await onSkippedTime(async (stage) => {
    const { accountId, leaver } = await leavingTomorrow(stage);
    await stage.pass(day - minute);
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active' });
    const rescinded = hrEvent('leaverRescinded', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(rescinded);
    expect((await outcomeOf(stage, leaver)).kind).toBe('superseded');
    expect((await outcomeOf(stage, rescinded)).kind).toBe('completed');
    await stage.pass(2 * minute);
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    const evidence = await stage.inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
    expect(evidence.filter(({ action }) => action === 'disable account')).toEqual([]);
    expect(evidence).toContainEqual(
      expect.objectContaining({
        action: 'drop event',
        eventId: leaver.eventId,
        reason: expect.stringContaining(rescinded.eventId),
        after: { outcome: 'superseded' },
      }),
    );
  });
});

test('a leave that is rescinded one minute after it applied is a return', async () => {
  await onSkippedTime(async (stage) => {
    const { accountId, leaver } = await leavingTomorrow(stage);
    await stage.pass(day + minute);
    expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    const rescinded = hrEvent('leaverRescinded', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(rescinded);
    expect((await outcomeOf(stage, rescinded)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
  });
});
