import { expect, test } from '@jest/globals';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { day, hour, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';
import { personStartOptions } from '../../client/operations/startPerson.ts';

const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const admin = 'Datadog Admin Role';

test('an invitation is sent again before it expires, and after 14 days ends as not accepted', async () => {
  await onSkippedTime(async (stage) => {
    const { muster, simulator, inventory, notices } = stage;
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { manager: 'boss@example.com' } });
    await muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    await stage.pass(15 * day);
    expect((await outcomeOf(stage, joiner)).kind).toBe('notAccepted');
    // 14 days in steps of 44 hours.
    expect(simulator.requests.count('POST', '/api/v2/user_invitations')).toBe(8);
    const resent = notices.filter(({ kind }) => kind === 'invitationResent');
    expect(resent.map(({ to }) => to)).toEqual(Array.from({ length: 7 }, () => ['boss@example.com']));
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Pending', roles: [] });
    expect((await inventory.findPerson('e-1'))?.employment).toBe('joining');
  });
});

test('roles and teams follow the acceptance, not the invitation, even where no sync reports it', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    await stage.pass(day);
    const account = accountOf(stage, 'e-1');
    expect(account).toMatchObject({ status: 'Pending', roles: [], teams: [] });
    stage.simulator.accept(account?.id ?? '');
    await stage.pass(7 * hour);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({
      status: 'Active',
      roles: [readOnly, standard],
      teams: ['engineering'],
    });
  });
});

test('outside the allowed domains nobody is asked, invited or disabled', async () => {
  await onSkippedTime(
    async (stage) => {
      const person = { email: 'sam@elsewhere.test', department: 'SRE' };
      const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person });
      await stage.muster.submitEvent(joiner);
      const outcome = await outcomeOf(stage, joiner);
      expect(outcome).toMatchObject({ kind: 'failed', detail: expect.stringContaining('identity.allowedDomains') });
      expect(stage.simulator.users().some(({ email }) => email === person.email)).toBe(false);
      expect(await stage.inventory.listApprovals({ personId: 'e-1' })).toEqual([]);
      expect(stage.simulator.requests.list().every(({ method }) => method === 'GET')).toBe(true);
    },
    { policy: (example) => ({ ...example, identity: { ...example.identity, allowedDomains: ['example.com'] } }) },
  );
});

test('a joiner of next month is invited a week ahead, and gets nothing before the first day', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', {
      at: await stage.now(),
      effectiveAt: (await stage.now(30 * day)).toISOString(),
    });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'scheduled');
    await stage.pass(22 * day);
    expect(accountOf(stage, 'e-1')).toBeUndefined();
    await stage.pass(2 * day);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
    await stage.pass(day);
    const { waitingFor } = await inPhase(stage, 'e-1', 'scheduled');
    expect(waitingFor).toBe('the first day');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Active', roles: [] });
    await stage.pass(6 * day);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
  });
});

test('a move while the invitation waits changes the access to be granted', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'SRE' } });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    await stage.pass(hour);
    const mover = hrEvent('mover', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
    await stage.muster.submitEvent(mover);
    expect((await outcomeAfterAcceptance(stage, joiner)).kind).toBe('completed');
    expect((await outcomeOf(stage, mover)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ roles: [readOnly, standard], teams: ['engineering'] });
    const [approval] = await stage.inventory.listApprovals({ personId: 'e-1' });
    expect(approval).toMatchObject({ state: 'withdrawn', entitlements: [{ name: admin }] });
  });
});

async function outcomeAfterAcceptance(
  stage: Parameters<Parameters<typeof onSkippedTime>[0]>[0],
  joiner: ReturnType<typeof hrEvent>,
) {
  await stage.pass(hour);
  stage.simulator.accept(accountOf(stage, joiner.personId)?.id ?? '');
  await stage.pass(7 * hour);
  return outcomeOf(stage, joiner);
}

test('a leaver ends an onboarding that waits for acceptance, and the account is disabled', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    await stage.pass(day);
    const leaver = hrEvent('leaver', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(leaver);
    expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
    expect((await outcomeOf(stage, joiner)).kind).toBe('superseded');
    const account = accountOf(stage, 'e-1');
    expect(account).toMatchObject({ status: 'Disabled', roles: [] });
    expect(() => stage.simulator.accept(account?.id ?? '')).toThrow(RangeError);
    expect(await stage.inventory.listPending()).toEqual([]);
    expect((await stage.inventory.findPerson('e-1'))?.employment).toBe('left');
  });
});

test('a future leaver waits in the mailbox while the onboarding goes on, and is taken when due', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const leaver = hrEvent('leaver', 'e-1', {
      at: await stage.now(hour),
      effectiveAt: (await stage.now(7 * day)).toISOString(),
    });
    await stage.muster.submitEvent(leaver);
    expect((await outcomeAfterAcceptance(stage, joiner)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Active', roles: [readOnly] });
    await inPhase(stage, 'e-1', 'scheduled');
    await stage.pass(7 * day);
    expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Disabled', roles: [] });
  });
});

test('an event repeated during and after its process yields one invitation and one outcome', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const handle = stage.client.workflow.getHandle('person/e-1');
    await handle.signal('hrEvent', joiner);
    expect((await outcomeAfterAcceptance(stage, joiner)).kind).toBe('completed');
    await stage.client.workflow.signalWithStart('onboarding', {
      ...personStartOptions('e-1', 'joiner'),
      args: [{ personId: 'e-1' }],
      signal: 'hrEvent',
      signalArgs: [joiner],
    });
    await stage.pass(hour);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(stage.simulator.requests.count('POST', '/api/v2/users')).toBe(1);
    expect(stage.simulator.requests.count('POST', '/api/v2/user_invitations')).toBe(1);
    const description = await handle.describe();
    expect(description.status.name).toBe('COMPLETED');
  });
});

test('a rehire gets the account back that Muster disabled, without the roles it once had', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    expect((await outcomeAfterAcceptance(stage, joiner)).kind).toBe('completed');
    const leaver = hrEvent('leaver', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(leaver);
    expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
    await stage.pass(day);
    const rehire = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'Sales' } });
    await stage.muster.submitEvent(rehire);
    expect((await outcomeOf(stage, rehire)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Active', roles: [readOnly], teams: [] });
  });
});

test('an account disabled by others stays so where the policy names nobody who may allow it', async () => {
  const play = async (stage: SkippedTime) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    expect((await outcomeAfterAcceptance(stage, joiner)).kind).toBe('completed');
    stage.simulator.disable(accountOf(stage, 'e-1')?.id ?? '');
    await stage.pass(hour);
    const again = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(again);
    expect(await outcomeOf(stage, again)).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('person retry'),
    });
    expect(accountOf(stage, 'e-1')?.status).toBe('Disabled');
  };
  await onSkippedTime(play, {
    policy: ({ approvals, ...policy }) => ({ ...policy, approvals: { acceptClaimed: approvals.acceptClaimed } }),
  });
});

test('a person who becomes active after the onboarding has given up is onboarded all the same', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    await stage.pass(15 * day);
    expect((await outcomeOf(stage, joiner)).kind).toBe('notAccepted');
    const accountId = accountOf(stage, 'e-1')?.id ?? '';
    expect(() => stage.simulator.accept(accountId)).toThrow(RangeError);
    await inviteManually(stage, accountId);
    stage.simulator.accept(accountId);
    await stage.client.workflow.start('accessSync', {
      workflowId: 'sync',
      taskQueue: 'muster',
      args: [{ depth: 'light' }],
    });
    await eventually('the role', () => accountOf(stage, 'e-1')?.roles.includes(readOnly));
    await eventually('the end', async () => (await stage.inventory.findPerson('e-1'))?.employment === 'employed');
    expect(await stage.inventory.listPending()).toEqual([]);
  });
});

async function inviteManually({ simulator }: SkippedTime, accountId: string): Promise<void> {
  const user = { data: { type: 'users', id: accountId } };
  const response = await fetch(`${simulator.url}/api/v2/user_invitations`, {
    method: 'POST',
    headers: {
      'dd-api-key': simulator.apiKey,
      'dd-application-key': simulator.appKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ data: [{ type: 'user_invitations', relationships: { user } }] }),
  });
  expect(response.status).toBe(201);
}

test('an acceptance that reads back as no account of theirs is read again after a pause', async () => {
  await onSkippedTime(async (stage) => {
    const { muster, inventory, simulator } = stage;
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const accountId = accountOf(stage, 'e-1')?.id ?? '';
    simulator.accept(accountId);
    await inventory.unlinkAccount('e-1');
    const rename = (email: string) =>
      officialClient(simulator).users.updateUser({
        userId: accountId,
        body: { data: { id: accountId, type: 'users', attributes: { email } } },
      });
    await rename('another@example.com');
    await stage.pass(hour);
    const { refused } = await inPhase(stage, 'e-1', 'waitingForAcceptance');
    expect(refused.map(({ why }) => why)).toEqual([`account ${accountId} reads back as gone`]);
    await rename('e-1@example.com');
    await inventory.bindAccount('e-1', accountId, (await stage.now()).toISOString());
    await stage.pass(7 * hour);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  });
});
