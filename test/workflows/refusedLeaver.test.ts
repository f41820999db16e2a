import { expect, test } from '@jest/globals';
import type { HrEvent } from '../../domain/model.ts';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { onSkippedTime } from '../support/skippedTime.ts';

const organization = { simulator: { people: 3, nhis: 0 } };
const minute = 60_000;
const kindsOf = ({ notices }: Pick<TestMuster, 'notices'>) => notices.map(({ kind }) => kind);
const refusal = (status: number) => ({ status, body: { errors: ['Datadog has its reasons'] } });

async function makeRole({ simulator }: TestMuster, name: string): Promise<string> {
  const { roles } = officialClient(simulator);
  const { data } = await roles.createRole({ body: { data: { type: 'roles', attributes: { name } } } });
  return data?.id ?? '';
}

async function joinTeam({ simulator }: TestMuster, accountId: string): Promise<void> {
  const headers = { 'dd-api-key': simulator.apiKey, 'dd-application-key': simulator.appKey };
  const { data } = (await (await fetch(`${simulator.url}/api/v2/team`, { headers })).json()) as {
    data: { id: string; attributes: { handle: string } }[];
  };
  const team = data.find(({ attributes }) => attributes.handle === 'engineering');
  const user = { data: { id: accountId, type: 'users' } };
  const body = JSON.stringify({ data: { type: 'team_memberships', relationships: { user } } });
  const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
  expect((await fetch(`${simulator.url}/api/v2/team/${team?.id}/memberships`, init)).status).toBeLessThan(300);
}

test('a role that is gone protects nobody, and is not asked to give anybody back', () =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now } = stage;
    const roleId = await makeRole(stage, 'Deployers');
    const accountId = await employ(stage, 'l-1', { role: 'Deployers' });
    simulator.deleteRole(roleId);
    const leaver = hrEvent('leaver', 'l-1', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(simulator.users().find(({ id }) => id === accountId)?.status).toBe('Disabled');
    expect(kindsOf(stage)).toEqual(['accessEnded']);
  }, organization));

test.each([
  [400, { kind: 'partiallyCompleted', detail: expect.stringMatching(/cancel invitations .*its reasons/) }],
  [403, { kind: 'partiallyCompleted', detail: expect.stringMatching(/cancel invitations .*its reasons/) }],
  [500, { kind: 'partiallyCompleted', detail: expect.stringContaining('cancel invitations') }],
])('an invitation that cannot be cancelled (%d) keeps no leaver', (status, outcome) =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now, pass } = stage;
    await muster.submitEvent(hrEvent('joiner', 'l-2', { at: await now(-2 * minute) }));
    await inPhase(stage, 'l-2', 'waitingForAcceptance');
    simulator.faults.add({ kind: 'reply', match: { method: 'DELETE', path: 'invitations$' }, reply: refusal(status) });
    const leaver = hrEvent('leaver', 'l-2', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    await eventually('the account to be disabled', () => accountOf(stage, 'l-2')?.status === 'Disabled');
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject(outcome);
    expect(kindsOf(stage)).toContain('accessEnded');
    expect(kindsOf(stage)).not.toContain('accessNotEnded');
  }, organization),
);

test.each([400, 500])('an account that Datadog does not disable (%d) is emptied, and tried again', (status) =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now, pass } = stage;
    const accountId = await employ(stage, 'l-3');
    simulator.faults.add({ kind: 'reply', match: { method: 'DELETE', path: '/users/[^/]+$' }, reply: refusal(status) });
    const leaver = hrEvent('leaver', 'l-3', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    await pass(minute / 2);
    expect(kindsOf(stage)).toEqual(expect.arrayContaining(['accessNotEnded', 'processBlocked']));
    const { blocked } = await inPhase(stage, 'l-3', 'blocked');
    expect(blocked?.reason).toContain('Datadog has its reasons');
    await eventually('its roles to be taken', async () => (await readAccount(stage, accountId)).roles.length === 0);
    const asked = () => simulator.requests.count('DELETE', `/api/v2/users/${accountId}`);
    const before = asked();
    await pass(10 * minute);
    expect(asked() - before).toBeGreaterThanOrEqual(8);
    expect(asked() - before).toBeLessThanOrEqual(12);
    expect(kindsOf(stage)).not.toContain('accessEnded');
    simulator.faults.clear();
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    expect(kindsOf(stage).filter((kind) => kind.startsWith('access'))).toEqual(['accessNotEnded', 'accessEnded']);
  }, organization),
);

test('an account that somebody disables as the advice says is done with', () =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now, pass } = stage;
    const accountId = await employ(stage, 'l-4');
    simulator.faults.add({ kind: 'reply', match: { method: 'DELETE', path: '/users/[^/]+$' }, reply: refusal(400) });
    const leaver = hrEvent('leaver', 'l-4', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    expect((await inPhase(stage, 'l-4', 'blocked')).blocked?.advice).toContain('disable it in Datadog yourself');
    simulator.disable(accountId);
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  }, organization));

test.each([400, 403, 500])('whose roles cannot be judged (%d) stays, and is asked again every minute', (status) =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now, pass } = stage;
    const accountId = await employ(stage, 'l-5');
    simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/permissions$' }, reply: refusal(status) });
    const leaver = hrEvent('leaver', 'l-5', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    await pass(minute / 2);
    const { blocked } = await inPhase(stage, 'l-5', 'blocked');
    expect(blocked).toMatchObject({
      reason: expect.stringContaining('Datadog has its reasons'),
      advice: expect.stringContaining('does not say whether it is the last administrator'),
    });
    expect(kindsOf(stage)).toContain('processBlocked');
    const before = simulator.requests.count();
    await pass(10 * minute);
    expect(simulator.requests.count() - before).toBeLessThanOrEqual(120);
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: ['Datadog Read Only Role'] });
    simulator.faults.clear();
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  }, organization),
);

test.each([400, 403, 409])('who is looked at again every minute stays no longer for a refused look (%d)', (status) =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now, pass } = stage;
    const accountId = await employ(stage, 'l-8');
    simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/permissions$' }, reply: refusal(500) });
    const leaver = hrEvent('leaver', 'l-8', { at: await now(-minute) });
    await muster.submitEvent(leaver);
    await pass(minute / 2);
    await inPhase(stage, 'l-8', 'blocked');
    const match = { method: 'GET', path: `/users/${accountId}$` };
    simulator.faults.add({ kind: 'reply', match, reply: refusal(status) });
    await pass(10 * minute);
    const asked = () => simulator.requests.count('GET', `/api/v2/users/${accountId}`);
    const before = asked();
    await pass(10 * minute);
    expect(asked() - before).toBeGreaterThanOrEqual(8);
    expect(asked() - before).toBeLessThanOrEqual(12);
    simulator.faults.clear();
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  }, organization),
);

test('a leaver who waits to be known does not end with a look that Datadog refuses', () =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, inventory, now, pass } = stage;
    const person = { email: 'l-9@example.com' };
    const leaver = hrEvent('leaver', 'l-9', { at: await now(-minute), person });
    await muster.submitEvent(leaver);
    await inPhase(stage, 'l-9', 'held');
    simulator.faults.add({ kind: 'reply', match: { method: 'GET', path: '/users$' }, reply: refusal(400) });
    await pass(30 * minute);
    await inPhase(stage, 'l-9', 'held');
    simulator.faults.clear();
    const accountId = await activeAccount(simulator, 'somebody@example.com');
    await inventory.bindAccount('l-9', accountId, new Date().toISOString());
    await pass(20 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled' });
  }, organization));

test('teams that cannot be read keep neither the leaver’s roles nor another leaver', () =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, inventory, now, pass } = stage;
    const people = ['l-6', 'l-7'] as const;
    const first = await employ(stage, people[0]);
    const second = await employ(stage, people[1]);
    await joinTeam(stage, first);
    const headers = { 'X-RateLimit-Reset': '290' };
    simulator.faults.add({
      kind: 'reply',
      match: { method: 'GET', path: `${first}/memberships` },
      reply: { ...refusal(429), headers },
    });
    const leavers = [];
    for (const personId of people) leavers.push(hrEvent('leaver', personId, { at: await now(-minute) }));
    for (const leaver of leavers) await muster.submitEvent(leaver);
    const statusOf = (id: string) => simulator.users().find((one) => one.id === id)?.status;
    await eventually('both to be disabled', () => [first, second].every((id) => statusOf(id) === 'Disabled'));
    await pass(6 * minute);
    await eventually('the roles to be taken', async () => (await readAccount(stage, first)).roles.length === 0);
    expect(accountOf(stage, people[0])?.teams).toEqual(['engineering']);
    simulator.faults.clear();
    for (let times = 0; times < 3; times += 1) await pass(12 * minute);
    expect(await outcomeOf(stage, leavers[0] as HrEvent)).toMatchObject({ kind: 'partiallyCompleted' });
    expect(await outcomeOf(stage, leavers[1] as HrEvent)).toMatchObject({ kind: 'completed' });
    const before = (await inventory.findAccessBefore(people[0]))?.access;
    expect(before?.roles.map(({ name }) => name)).toEqual(['Datadog Read Only Role']);
  }, organization));
