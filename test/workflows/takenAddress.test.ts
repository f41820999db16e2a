import { expect, test } from '@jest/globals';
import { wake } from '../../client/operations/wake.ts';
import { activeAccount } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, knowPerson, outcomeOf } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const organization = { simulator: { people: 3, nhis: 0 } };
const minute = 60_000;
const tries = ({ simulator }: SkippedTime) => simulator.requests.count('POST', '/api/v2/users');

/** Nobody is found by the address. */
const hideFromSearch = ({ simulator }: SkippedTime) =>
  simulator.faults.add({
    kind: 'reply',
    match: { method: 'GET', path: '^/api/v2/users$' },
    reply: { status: 200, body: { data: [], meta: { page: { total_count: 0 } } } },
  });

async function blockedJoiner(stage: SkippedTime, personId: string) {
  const accountId = await activeAccount(stage.simulator, `${personId}@example.com`);
  hideFromSearch(stage);
  stage.simulator.requests.reset();
  const joiner = hrEvent('joiner', personId, { at: await stage.now(-minute) });
  await stage.muster.submitEvent(joiner);
  const { blocked } = await inPhase(stage, personId, 'blocked');
  return { accountId, joiner, blocked };
}

test('an address that is taken by nobody is tried now and then, and found in the end', () =>
  onSkippedTime(async (stage) => {
    const { accountId, joiner, blocked } = await blockedJoiner(stage, 'c-1');
    expect(blocked?.reason).toContain('the address is taken');
    await stage.pass(60 * minute);
    expect(tries(stage)).toBeGreaterThanOrEqual(4);
    expect(tries(stage)).toBeLessThanOrEqual(8);
    const { historyLength } = await stage.client.workflow.getHandle('person/c-1').describe();
    expect(historyLength).toBeLessThan(250);
    stage.simulator.faults.clear();
    await stage.pass(16 * minute);
    expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
    expect((await stage.inventory.findPerson('c-1'))?.accountId).toBe(accountId);
  }, organization));

test('an account that is linked meanwhile ends it at once, without another request for one', () =>
  onSkippedTime(async (stage) => {
    const { accountId, joiner } = await blockedJoiner(stage, 'c-2');
    const before = tries(stage);
    await stage.inventory.bindAccount('c-2', accountId, (await stage.now()).toISOString());
    await wake(stage.client, 'c-2');
    expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
    expect(tries(stage)).toBe(before);
  }, organization));

test('a disabled account that shows only as a conflict is asked about like any other', () =>
  onSkippedTime(async (stage) => {
    const { simulator, now, muster, pass } = stage;
    await knowPerson(stage, 'lead', 'it-lead@example.com');
    const accountId = await activeAccount(simulator, 'c-3@example.com');
    const { roles } = officialClient(simulator);
    const admin = (await roles.listRoles({ filter: 'Datadog Admin Role' })).data?.[0]?.id ?? '';
    await roles.addUserToRole({ roleId: admin, body: { data: { id: accountId, type: 'users' } } });
    simulator.disable(accountId);
    hideFromSearch(stage);
    await muster.submitEvent(hrEvent('joiner', 'c-3', { at: await now(-minute) }));
    await inPhase(stage, 'c-3', 'blocked');
    simulator.faults.clear();
    await pass(5 * minute);
    const [approval] = await eventually('somebody to be asked', async () => {
      const status = await muster.status('c-3');
      return status?.phase === 'waitingForApproval' ? status.approvals : undefined;
    });
    expect(approval?.about).toMatchObject({ change: 'enable', accountId });
    expect(accountOf(stage, 'c-3')?.status).toBe('Disabled');
  }, organization));
