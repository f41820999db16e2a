import { expect, test } from '@jest/globals';
import { DatadogFailure } from '../../datadog/failures.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import type { HrEvent, PersonAttributes } from '../../domain/model.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { day, hour, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';

async function employed(stage: SkippedTime, person: Partial<PersonAttributes>): Promise<HrEvent> {
  const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  const accountId = accountOf(stage, 'e-1')?.id ?? '';
  stage.simulator.accept(accountId);
  await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
  expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  return joiner;
}

test('a leave that is rescinded before its day changes nothing, and after it the person returns', async () => {
  await onSkippedTime(async (stage) => {
    await employed(stage, { department: 'Engineering' });
    const effectiveAt = (await stage.now(day)).toISOString();
    const leaver = hrEvent('leaver', 'e-1', { at: await stage.now(1_000), effectiveAt });
    await stage.muster.submitEvent(leaver);
    await inPhase(stage, 'e-1', 'scheduled');
    const rescinded = hrEvent('leaverRescinded', 'e-1', { at: await stage.now(2_000) });
    await stage.muster.submitEvent(rescinded);
    expect((await outcomeOf(stage, rescinded)).kind).toBe('completed');
    expect((await outcomeOf(stage, leaver)).kind).toBe('superseded');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Active', roles: [readOnly, standard] });

    const gone = hrEvent('leaver', 'e-1', { at: await stage.now(3_000), immediate: true });
    await stage.muster.submitEvent(gone);
    expect((await outcomeOf(stage, gone)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Disabled', roles: [] });
    const late = hrEvent('leaverRescinded', 'e-1', { at: await stage.now(4_000) });
    await stage.muster.submitEvent(late);
    expect((await outcomeOf(stage, late)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  });
});

test('a move grants what the new department has and removes what only the old one had', async () => {
  await onSkippedTime(async (stage) => {
    await employed(stage, { department: 'Engineering' });
    const mover = hrEvent('mover', 'e-1', {
      at: await stage.now(),
      person: { department: 'Sales', title: 'Seller', name: 'Sam Moved' },
    });
    await stage.muster.submitEvent(mover);
    expect((await outcomeOf(stage, mover)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')).toMatchObject({ roles: [readOnly], teams: [] });
    expect(stage.simulator.users().find(({ email }) => email === 'e-1@example.com')).toMatchObject({
      name: 'Sam Moved',
      title: 'Seller',
    });
    const open = await stage.inventory.listGrants({ personId: 'e-1', open: true, limit: 10, offset: 0 });
    expect(open.map(({ name }) => name)).toEqual([readOnly]);
  });
});

test('a role that Muster did not grant is reported as excess and left alone', async () => {
  await onSkippedTime(async (stage) => {
    await employed(stage, { department: 'Sales' });
    await grantManually(stage, standard);
    const mover = hrEvent('mover', 'e-1', { at: await stage.now(), person: { department: 'Support' } });
    await stage.muster.submitEvent(mover);
    const outcome = await outcomeOf(stage, mover);
    expect(outcome.kind).toBe('completed');
    expect(outcome.parts).toContainEqual(
      expect.objectContaining({ part: `role ${standard}`, detail: expect.stringContaining('excess') }),
    );
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly, standard]);
  });
});

test('an older mover that arrives late is replaced by what is known, and changes nothing', async () => {
  await onSkippedTime(async (stage) => {
    await employed(stage, { department: 'Sales' });
    const early = await stage.now(-hour);
    const newer = hrEvent('mover', 'e-1', {
      at: await stage.now(),
      effectiveAt: early.toISOString(),
      person: { department: 'Engineering' },
    });
    await stage.muster.submitEvent(newer);
    expect((await outcomeOf(stage, newer)).kind).toBe('completed');
    const older = hrEvent('mover', 'e-1', { at: early, person: { department: 'Support' } });
    await stage.muster.submitEvent(older);
    expect((await outcomeOf(stage, older)).kind).toBe('superseded');
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly, standard]);
  });
});

test('a role write that is refused leaves the rest done, and a retry finishes it', async () => {
  let isRefused = false;
  const wrapDatadog = (datadog: DatadogClient): DatadogClient => ({
    ...datadog,
    attempt: (options) => {
      const api = datadog.attempt(options);
      const assign: typeof api.assign = async (accountId, entitlement) => {
        if (isRefused && entitlement.kind === 'role')
          throw new DatadogFailure('InvalidRequest', 'refused for this test');
        return api.assign(accountId, entitlement);
      };
      return { ...api, assign };
    },
  });
  await onSkippedTime(
    async (stage) => {
      await employed(stage, { department: 'Sales' });
      isRefused = true;
      const mover = hrEvent('mover', 'e-1', { at: await stage.now(), person: { department: 'Engineering' } });
      await stage.muster.submitEvent(mover);
      expect(await outcomeOf(stage, mover)).toMatchObject({
        kind: 'partiallyCompleted',
        detail: `not done: assign role ${standard} (refused for this test)`,
      });
      expect(accountOf(stage, 'e-1')).toMatchObject({ roles: [readOnly], teams: ['engineering'] });
      isRefused = false;
      const { eventId } = await stage.muster.retry('e-1');
      const retried = await eventually('the retry', async () => (await stage.inventory.findEvent(eventId))?.outcome);
      expect(retried.kind).toBe('completed');
      expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly, standard]);
    },
    { wrapDatadog },
  );
});

test('an unknown role in the policy is a clear error before anything is written', async () => {
  await onSkippedTime(
    async (stage) => {
      const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
      await stage.muster.submitEvent(joiner);
      expect(await outcomeOf(stage, joiner)).toMatchObject({
        kind: 'failed',
        detail: expect.stringContaining('No Such Role'),
      });
      expect(accountOf(stage, 'e-1')).toBeUndefined();
    },
    { policy: (example) => ({ ...example, rules: [{ name: 'all', when: {}, roles: ['No Such Role'], teams: [] }] }) },
  );
});

test('a key that lost its permission blocks the process, which goes on once the key is mended', async () => {
  await onSkippedTime(async (stage) => {
    await employed(stage, { department: 'Sales' });
    stage.simulator.keys.setScopes(['user_access_read', 'user_access_invite', 'teams_read']);
    const mover = hrEvent('mover', 'e-1', {
      at: await stage.now(),
      person: { department: 'Engineering', title: 'Engineer' },
    });
    await stage.muster.submitEvent(mover);
    const { blocked, waitingFor } = await inPhase(stage, 'e-1', 'blocked');
    expect(blocked?.reason).toBe('user_access_manage');
    expect(waitingFor).toContain('npx muster doctor');
    await stage.pass(2 * hour);
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
    stage.simulator.keys.setScopes(null);
    await stage.pass(hour);
    expect((await outcomeOf(stage, mover)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly, standard]);
  });
});

test('keys that Datadog refuses block the process until they are valid again', async () => {
  await onSkippedTime(async (stage) => {
    stage.simulator.keys.revoke('application');
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    expect((await inPhase(stage, 'e-1', 'blocked')).blocked?.reason).toBe('validKeys');
    stage.simulator.keys.restore('application');
    await stage.pass(hour);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
  });
});

test('malformed signals are refused in status and harm nothing', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const handle = stage.client.workflow.getHandle('person/e-1');
    const nonsense = [
      undefined,
      null,
      7,
      'leave',
      [],
      {},
      { kind: 'leaver' },
      { eventId: 'never-heard-of' },
      { eventId: 'x'.repeat(300) },
    ];
    for (const signal of ['hrEvent', 'decide', 'accountActivated']) {
      for (const payload of nonsense) await handle.signal(signal, payload);
    }
    await handle.signal('hrEvent');
    const status = await eventually('the refusals', async () => {
      const read = await stage.muster.status('e-1');
      // An event that is on record is looked at, and is nothing new.
      return read !== undefined && read.refused.length >= 3 * nonsense.length - 1 ? read : undefined;
    });
    expect(status.refused.map(({ why }) => why)).toEqual(
      expect.arrayContaining([
        'it takes {eventId}, the id of an event on record',
        'no event with this id waits on record',
        'decisionId must be a text of 1 to 200 characters',
      ]),
    );
    expect(status.phase).toBe('waitingForAcceptance');
    stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
    await stage.pass(8 * hour);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
  });
});

test('an activation that is not true is read back, and grants nothing', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
    await stage.muster.submitEvent(joiner);
    await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const accountId = accountOf(stage, 'e-1')?.id;
    await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
    await eventually('the refusal', async () =>
      (await stage.muster.status('e-1'))?.refused.some(({ why }) => why.includes('pending')),
    );
    expect(accountOf(stage, 'e-1')).toMatchObject({ status: 'Pending', roles: [] });
  });
});

async function grantManually({ simulator }: SkippedTime, role: string): Promise<void> {
  const headers = {
    'dd-api-key': simulator.apiKey,
    'dd-application-key': simulator.appKey,
    'content-type': 'application/json',
  };
  const roles = (await (await fetch(`${simulator.url}/api/v2/roles?page[size]=100`, { headers })).json()) as {
    data: { id: string; attributes: { name: string } }[];
  };
  const id = roles.data.find(({ attributes }) => attributes.name === role)?.id;
  const user = simulator.users().find(({ email }) => email === 'e-1@example.com');
  const body = JSON.stringify({ data: { type: 'users', id: user?.id } });
  expect((await fetch(`${simulator.url}/api/v2/roles/${id}/users`, { method: 'POST', headers, body })).status).toBe(
    200,
  );
}
