import { expect, test } from '@jest/globals';
import type { HrEvent } from '../../domain/model.ts';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

/** Leavers of whom another system owns something: SCIM the account, a mapping a membership, a manager a team. */

const organization = { simulator: { people: 3, nhis: 0 } };
const minute = 60_000;
const scim = 'This user is managed by SCIM';
const ownManagers = 'The members of this team are chosen by its managers';
const accessNotices = ({ notices }: Pick<TestMuster, 'notices'>) =>
  notices.filter(({ kind }) => kind.startsWith('access'));

interface Owned {
  readonly accountId: string;
  readonly locked: string;
  readonly mapped: string;
}

/** An active account with a role and three teams: one that anybody may change, one that a mapping fills, one that refuses the key. */
async function employOwned(stage: TestMuster, personId: string): Promise<Owned> {
  const { teams } = officialClient(stage.simulator);
  const accountId = await employ(stage, personId);
  const make = async (handle: string) => {
    const attributes = { handle, name: handle };
    return (await teams.createTeam({ body: { data: { type: 'team', attributes } } })).data?.id ?? '';
  };
  const join = async (teamId: string) => {
    const user = { data: { id: accountId, type: 'users' as const } };
    const data = { type: 'team_memberships' as const, relationships: { user } };
    await teams.createTeamMembership({ teamId, body: { data } });
  };
  await join(await make('plain'));
  const [locked, mapped] = [await make('locked'), await make('mapped')];
  await join(locked);
  stage.simulator.awkward.lock({ id: locked, status: 403, errors: [ownManagers] });
  stage.simulator.awkward.addMappedMembership(mapped, accountId);
  return { accountId, locked, mapped };
}

async function leave(stage: SkippedTime, personId: string): Promise<HrEvent> {
  const leaver = hrEvent('leaver', personId, { at: await stage.now(-minute) });
  await stage.muster.submitEvent(leaver);
  return leaver;
}

/** Each thing that stays once, in Datadog's words, and nothing said of the key. */
function expectNamed(detail: string | undefined): void {
  expect(detail?.match(/remove team locked \([^)]*are chosen by its managers/g)).toHaveLength(1);
  expect(detail?.match(/remove team mapped \([^)]*is managed by a SAML mapping/g)).toHaveLength(1);
  expect(detail).not.toMatch(/application key|plain|role/);
}

test('what a mapping or a manager owns stays, is named, and stops no leave', () =>
  onSkippedTime(async (stage) => {
    const { accountId } = await employOwned(stage, 'k-1');
    const leaver = await leave(stage, 'k-1');
    const { kind, detail } = await outcomeOf(stage, leaver);
    expect(kind).toBe('partiallyCompleted');
    expectNamed(detail);
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    expect(accountOf(stage, 'k-1')?.teams).toEqual(['locked', 'mapped']);
    expect(accessNotices(stage).map((one) => one.kind)).toEqual(['accessEnded']);
  }, organization));

test.each([400, 403, 409, 422])(
  'whom SCIM manages (%d) is emptied, told of, and tried until the lock is lifted',
  (status) =>
    onSkippedTime(async (stage) => {
      const { simulator, pass } = stage;
      const { accountId } = await employOwned(stage, 'k-2');
      simulator.awkward.lock({ id: accountId, status, errors: [scim] });
      const leaver = await leave(stage, 'k-2');
      await pass(minute);
      expect(accessNotices(stage)).toMatchObject([
        { kind: 'accessNotEnded', personId: 'k-2', details: { reason: expect.stringContaining(scim) } },
      ]);
      const { blocked } = await inPhase(stage, 'k-2', 'blocked');
      expect(blocked?.reason).toContain(scim);
      expect(blocked?.reason).not.toContain('application key');
      await eventually('what may be taken to be taken', () => {
        const { roles, teams } = accountOf(stage, 'k-2') ?? {};
        return roles?.length === 0 && teams?.join() === 'locked,mapped';
      });
      const asked = () => simulator.requests.count('DELETE', `/api/v2/users/${accountId}`);
      const before = asked();
      for (let minutes = 0; minutes < 30; minutes += 10) await pass(10 * minute);
      expect(asked() - before).toBeGreaterThanOrEqual(27);
      expect(asked() - before).toBeLessThanOrEqual(33);
      expect(accessNotices(stage)).toHaveLength(1);
      simulator.awkward.unlock(accountId);
      await pass(2 * minute);
      const { kind, detail } = await outcomeOf(stage, leaver);
      expect(kind).toBe('partiallyCompleted');
      expectNamed(detail);
      expect(accountOf(stage, 'k-2')).toMatchObject({ status: 'Disabled', roles: [], teams: ['locked', 'mapped'] });
      expect(accessNotices(stage).map((one) => one.kind)).toEqual(['accessNotEnded', 'accessEnded']);
      const kept = (await stage.inventory.findAccessBefore('k-2'))?.access;
      expect(kept?.roles.map(({ name }) => name)).toEqual(['Datadog Read Only Role']);
      expect(kept?.teams.map(({ name }) => name).toSorted()).toEqual(['locked', 'mapped', 'plain']);
    }, organization),
);

test('whom SCIM manages is done with once somebody disables them as the advice says', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    const { accountId } = await employOwned(stage, 'k-3');
    simulator.awkward.lock({ id: accountId, status: 403, errors: [scim] });
    const leaver = await leave(stage, 'k-3');
    expect((await inPhase(stage, 'k-3', 'blocked')).blocked?.advice).toContain('disable it in Datadog yourself');
    simulator.disable(accountId);
    await pass(2 * minute);
    const { kind, detail } = await outcomeOf(stage, leaver);
    expect(kind).toBe('partiallyCompleted');
    expectNamed(detail);
    expect(accessNotices(stage).map((one) => one.kind)).toEqual(['accessNotEnded', 'accessEnded']);
  }, organization));

test('where every lock is lifted before the account is disabled, nothing is left', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    const { accountId, locked, mapped } = await employOwned(stage, 'k-4');
    simulator.awkward.lock({ id: accountId, status: 403, errors: [scim] });
    const leaver = await leave(stage, 'k-4');
    await inPhase(stage, 'k-4', 'blocked');
    await pass(5 * minute);
    expect(accountOf(stage, 'k-4')?.teams).toEqual(['locked', 'mapped']);
    for (const id of [locked, accountId]) simulator.awkward.unlock(id);
    await officialClient(simulator).teams.deleteTeam({ teamId: mapped });
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(accountOf(stage, 'k-4')).toMatchObject({ status: 'Disabled', roles: [], teams: [] });
  }, organization));

test('what a login gives to whom Datadog does not disable is taken again in the end', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    const { roles, authnMappings } = officialClient(simulator);
    const standard = ((await roles.listRoles({ pageSize: 100 })).data ?? []).find(
      ({ attributes }) => attributes?.name === 'Datadog Standard Role',
    );
    const role = { data: { id: standard?.id ?? '', type: 'roles' as const } };
    const attributes = { attributeKey: 'group', attributeValue: 'all' };
    await authnMappings.createAuthNMapping({
      body: { data: { type: 'authn_mappings', attributes, relationships: { role } } },
    });
    const accountId = await employ(stage, 'k-5');
    simulator.awkward.lock({ id: accountId, status: 403, errors: [scim] });
    const leaver = await leave(stage, 'k-5');
    await eventually('its roles to be taken', () => accountOf(stage, 'k-5')?.roles.length === 0);
    await pass(5 * minute);
    const standardRole = ['Datadog Standard Role'];
    expect(simulator.login(accountId, { group: 'all' }).roles).toEqual(standardRole);
    for (let minutes = 0; minutes < 60; minutes += 10) await pass(10 * minute);
    await eventually('its role to be taken again', () => accountOf(stage, 'k-5')?.roles.length === 0);
    expect(simulator.login(accountId, { group: 'all' }).roles).toEqual(standardRole);
    simulator.awkward.unlock(accountId);
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  }, organization));

test('an invited person whom SCIM manages leaves once the lock is lifted', () =>
  onSkippedTime(async (stage) => {
    const { simulator, muster, now, pass } = stage;
    await muster.submitEvent(hrEvent('joiner', 'k-6', { at: await now(-2 * minute) }));
    await inPhase(stage, 'k-6', 'waitingForAcceptance');
    const accountId = accountOf(stage, 'k-6')?.id ?? '';
    simulator.awkward.lock({ id: accountId, status: 403, errors: [scim] });
    const leaver = await leave(stage, 'k-6');
    await pass(minute);
    await inPhase(stage, 'k-6', 'blocked');
    expect(accessNotices(stage).map((one) => one.kind)).toEqual(['accessNotEnded']);
    simulator.accept(accountId);
    await pass(5 * minute);
    simulator.awkward.unlock(accountId);
    await pass(2 * minute);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(accountOf(stage, 'k-6')?.status).toBe('Disabled');
  }, organization));

test('a refusal while the key’s rights cannot be read is told of, and ends with the lock', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    const { accountId } = await employOwned(stage, 'k-7');
    simulator.awkward.lock({ id: accountId, status: 403, errors: [scim] });
    const { url, apiKey, appKey } = simulator;
    const headers = { 'dd-api-key': apiKey, 'dd-application-key': appKey };
    const { data } = (await (await fetch(`${url}/api/v2/current_user`, { headers })).json()) as { data: object };
    const match = { method: 'GET', path: '/current_user$' };
    simulator.faults.add({ kind: 'reply', match, reply: { status: 200, body: { data } } });
    const leaver = await leave(stage, 'k-7');
    await pass(minute);
    expect(accessNotices(stage).map((one) => one.kind)).toEqual(['accessNotEnded']);
    await eventually('its roles to be taken', () => accountOf(stage, 'k-7')?.roles.length === 0);
    const before = simulator.requests.count();
    for (let minutes = 0; minutes < 30; minutes += 10) await pass(10 * minute);
    expect(simulator.requests.count() - before).toBeLessThanOrEqual(12 * 30);
    simulator.awkward.unlock(accountId);
    await pass(5 * minute);
    expect(accountOf(stage, 'k-7')?.status).toBe('Disabled');
    simulator.faults.clear();
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'partiallyCompleted' });
  }, organization));

test('an administrator whom SCIM manages loses the role, and counts for no other who leaves', () =>
  onSkippedTime(async (stage) => {
    const { simulator, pass } = stage;
    await activeAccount(simulator, 'stays@example.com');
    const first = await employ(stage, 'k-8', { role: 'Datadog Admin Role' });
    const second = await employ(stage, 'k-9', { role: 'Datadog Admin Role' });
    simulator.awkward.lock({ id: first, status: 403, errors: [scim] });
    const leavers = [await leave(stage, 'k-8'), await leave(stage, 'k-9')] as const;
    await eventually('the other to be disabled', () => accountOf(stage, 'k-9')?.status === 'Disabled');
    await eventually('the role to be taken', () => accountOf(stage, 'k-8')?.roles.length === 0);
    expect(await outcomeOf(stage, leavers[1])).toMatchObject({ kind: 'completed' });
    expect(await readAccount(stage, second)).toMatchObject({ status: 'Disabled', roles: [] });
    simulator.awkward.unlock(first);
    await pass(2 * minute);
    expect(await outcomeOf(stage, leavers[0])).toMatchObject({ kind: 'completed' });
  }, organization));
