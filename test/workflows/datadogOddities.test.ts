import { expect, test } from '@jest/globals';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { withCalls } from '../../datadog/wrappers/replaceCalls.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import type { Account } from '../../domain/model.ts';
import { employ } from '../support/employees.ts';
import { hour, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const organization = { simulator: { people: 3, nhis: 0 } };
const minute = 60_000;
const kindsOf = ({ notices }: Pick<TestMuster, 'notices'>) => notices.map(({ kind }) => kind);
const rowOf = async ({ inventory }: TestMuster, personId: string) =>
  (await inventory.listPeople({ limit: 10, offset: 0 })).find((row) => row.personId === personId);

async function join(stage: SkippedTime, personId: string) {
  const joiner = hrEvent('joiner', personId, { at: await stage.now(-minute), person: { department: 'Engineering' } });
  await stage.muster.submitEvent(joiner);
  return joiner;
}

async function accept(stage: SkippedTime, personId: string): Promise<void> {
  const accountId = accountOf(stage, personId)?.id ?? '';
  stage.simulator.accept(accountId);
  await stage.client.workflow.getHandle(`person/${personId}`).signal('accountActivated', { accountId });
}

test('what is being retried is shown with its phase and Datadog’s words, until it is over', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    const reply = { status: 502, body: `<html>Bad Gateway for ${simulator.apiKey} of a@example.com</html>` };
    simulator.faults.add({ kind: 'reply', match: { method: 'POST', path: '/users$' }, reply });
    await join(stage, 'o-1');
    await eventually('the error to be shown', async () => (await rowOf(stage, 'o-1'))?.lastError !== undefined);
    const row = await rowOf(stage, 'o-1');
    expect(row).toMatchObject({ process: 'onboarding', phase: 'preparing' });
    expect(row?.lastError).toContain('create user was answered with 502');
    expect(row?.lastError).toContain('Bad Gateway for [key] of [address]');
    simulator.faults.clear();
    await pass(5 * minute);
    await inPhase(stage, 'o-1', 'waitingForAcceptance');
    expect(await rowOf(stage, 'o-1')).toMatchObject({ phase: 'waitingForAcceptance' });
    expect((await rowOf(stage, 'o-1'))?.lastError).toBeUndefined();
  }, organization));

test('a lost invitation costs one e-mail a period, and none once the person has accepted', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    const mails = () => simulator.requests.count('POST', '/api/v2/user_invitations');
    const lost = { status: 502, body: '<html>Bad Gateway</html>' };
    simulator.faults.add({ kind: 'reply', when: 'after', match: { path: '/user_invitations$' }, reply: lost });
    const joiner = await join(stage, 'o-2');
    await inPhase(stage, 'o-2', 'waitingForAcceptance');
    await pass(hour);
    expect(mails()).toBe(1);
    const passUntilNext = async () => {
      const before = mails();
      let hours = 0;
      for (; mails() === before && hours < 3 * 24; hours += 1) await pass(hour);
      return hours;
    };
    await passUntilNext();
    const periodHours = await passUntilNext();
    expect(mails()).toBe(3);
    expect(periodHours).toBeGreaterThanOrEqual(24);
    // Nobody tells of it, and the next one would go out within the hour.
    await pass((periodHours - 1) * hour);
    simulator.accept(accountOf(stage, 'o-2')?.id ?? '');
    for (let hours = 0; hours < 24; hours += 1) await pass(hour);
    expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
    expect(mails()).toBe(3);
  }, organization));

test.each([
  ['refuses (403)', 403, /assign role Datadog Standard Role .*not by you/],
  ['says yes to and does not give', 200, /assign role Datadog Standard Role .*ten minutes after/],
] as const)('one role that Datadog %s leaves the rest of a joiner done', (_, status, words) =>
  onSkippedTime(async (stage) => {
    const { simulator, muster, pass } = stage;
    const joiner = await join(stage, 'o-3');
    await inPhase(stage, 'o-3', 'waitingForAcceptance');
    const body = status === 200 ? { data: [] } : { errors: ['not by you'] };
    const { data } = await rolesOf(stage);
    const id = data.find(({ attributes }) => attributes.name === 'Datadog Standard Role')?.id ?? '';
    simulator.faults.add({ kind: 'reply', match: { method: 'POST', path: `/roles/${id}` }, reply: { status, body } });
    await accept(stage, 'o-3');
    if (status === 200) {
      const isShown = async () => {
        const { phase, lastError } = (await rowOf(stage, 'o-3')) ?? {};
        return phase === 'changing' && lastError !== undefined;
      };
      await eventually('the error to be shown', isShown);
      for (let minutes = 0; minutes < 20; minutes += 2) await pass(2 * minute);
    }
    const outcome = await outcomeOf(stage, joiner);
    expect(outcome).toMatchObject({ kind: 'partiallyCompleted', detail: expect.stringMatching(words) });
    expect(outcome.detail).not.toContain('application key');
    expect(accountOf(stage, 'o-3')?.roles).toEqual(['Datadog Read Only Role']);
    expect((await rowOf(stage, 'o-3'))?.lastError).toBeUndefined();
    expect((await muster.status('o-3'))?.blocked).toBeUndefined();
  }, organization),
);

async function rolesOf({ simulator }: TestMuster) {
  const headers = { 'dd-api-key': simulator.apiKey, 'dd-application-key': simulator.appKey };
  const answer = await fetch(`${simulator.url}/api/v2/roles?page[size]=100`, { headers });
  return (await answer.json()) as { data: { id: string; attributes: { name: string } }[] };
}

test('a leaver whose roles Datadog does not show is told of, and asked about every minute', () =>
  onSkippedTime(async (stage) => {
    const { simulator, muster, now, pass } = stage;
    const accountId = await employ(stage, 'o-5');
    const { url, apiKey, appKey } = simulator;
    const headers = { 'dd-api-key': apiKey, 'dd-application-key': appKey };
    const path = `/api/v2/users/${accountId}`;
    const { data } = (await (await fetch(url + path, { headers })).json()) as { data: object };
    const body = { data: { ...data, relationships: {} } };
    simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: `${path}$` }, reply: { status: 200, body } });
    const leaver = hrEvent('leaver', 'o-5', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    await pass(minute);
    const { blocked } = await inPhase(stage, 'o-5', 'blocked');
    expect(blocked?.reason).toContain('relationships.roles is missing');
    expect(kindsOf(stage)).toContain('processBlocked');
    const known = (await stage.inventory.listAccounts({ limit: 100, offset: 0 })).find(({ id }) => id === accountId);
    expect(known?.roleIds ?? ['not recorded']).not.toEqual([]);
    await pass(10 * minute);
    simulator.faults.clear();
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  }, organization));

test('a membership that cannot be read keeps no other from a leaver, and is said', () =>
  onSkippedTime(async (stage) => {
    const { simulator, muster, now } = stage;
    const accountId = await employ(stage, 'o-6');
    const path = `/users/${accountId}/memberships$`;
    const data = [{ id: 'odd', relationships: 'none' }, { id: 'without a team' }];
    simulator.faults.add({ kind: 'reply', match: { method: 'GET', path }, reply: { status: 200, body: { data } } });
    const leaver = hrEvent('leaver', 'o-6', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    const detail = expect.stringContaining('remove teams (2 membership(s) in Datadog cannot be read');
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'partiallyCompleted', detail });
    expect(accountOf(stage, 'o-6')).toMatchObject({ status: 'Disabled', roles: [] });
  }, organization));

test('a disabling that Datadog says yes to and does not do is told, and tried every minute', () =>
  onSkippedTime(async (stage) => {
    const { simulator, muster, now, pass } = stage;
    const accountId = await employ(stage, 'o-4');
    const match = { method: 'DELETE', path: '/users/[^/]+$' };
    simulator.faults.add({ kind: 'reply', match, reply: { status: 204 } });
    const leaver = hrEvent('leaver', 'o-4', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    await pass(2 * minute);
    expect(kindsOf(stage)).toContain('accessNotEnded');
    const { blocked } = await inPhase(stage, 'o-4', 'blocked');
    expect(blocked?.reason).toContain('does not read back as disabled');
    const asked = () => simulator.requests.count('DELETE', `/api/v2/users/${accountId}`);
    const before = asked();
    await pass(10 * minute);
    expect(asked() - before).toBeGreaterThanOrEqual(8);
    expect(asked() - before).toBeLessThanOrEqual(12);
    simulator.faults.clear();
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(accountOf(stage, 'o-4')?.status).toBe('Disabled');
  }, organization));

/** Datadog gives a role to everybody who is new. */
const withDefaultRole =
  (roleId: () => string) =>
  (datadog: DatadogClient): DatadogClient => ({
    ...datadog,
    attempt(options) {
      const api = datadog.attempt(options);
      return withCalls(api, {
        async createAccount(account) {
          const { id } = await api.createAccount(account);
          await api.assign(id, { kind: 'role', id: roleId(), name: standard });
          return (await api.getAccount(id)) as Account;
        },
      });
    },
  });

const standard = 'Datadog Standard Role';

test('a role that came with an account of Muster’s own is kept or removed as the policy says', async () => {
  let roleId = '';
  await onSkippedTime(
    async (stage) => {
      roleId = (await rolesOf(stage)).data.find(({ attributes }) => attributes.name === standard)?.id ?? '';
      const held: string[][] = [];
      const people = Array.from({ length: 7 }, (_, index) => `d-${index}`);
      for (const personId of people) {
        const department = personId === 'd-0' ? 'Engineering' : 'Sales';
        const joiner = hrEvent('joiner', personId, { at: await stage.now(-minute), person: { department } });
        await stage.muster.submitEvent(joiner);
        await inPhase(stage, personId, 'waitingForAcceptance');
        await accept(stage, personId);
        // More than the change budget lets go in an hour: nobody loses anything.
        expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
        held.push([...(accountOf(stage, personId)?.roles ?? [])]);
      }
      const readOnly = 'Datadog Read Only Role';
      expect(held).toEqual([[readOnly, standard], ...people.slice(1).map(() => [readOnly])]);
      const grants = await stage.inventory.listGrants({ open: true, limit: 100, offset: 0 });
      expect(grants.filter(({ reason }) => reason === 'preexisting')).toEqual([]);
    },
    { ...organization, wrapDatadog: withDefaultRole(() => roleId) },
  );
});
