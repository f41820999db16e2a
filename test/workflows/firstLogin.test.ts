import { expect, test } from '@jest/globals';
import type { Policy } from '../../domain/policy/rules.ts';
import { activeAccount, readAccount } from '../support/employees.ts';
import { accountOf, eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { day, hour, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';
import { unlinkAccount } from '../../client/operations/links.ts';

const readOnly = 'Datadog Read Only Role';
const jit = { policy: (example: Policy): Policy => ({ ...example, activation: 'jit' }) };

/** A joiner for whose first login the sync looks out. */
async function awaitedJoiner(stage: SkippedTime) {
  const joiner = hrEvent('joiner', 'e-1', { at: await stage.now() });
  await stage.muster.submitEvent(joiner);
  expect((await inPhase(stage, 'e-1', 'waitingForAcceptance')).waitingFor).toContain('SSO');
  await eventually('the wait', async () => (await stage.inventory.listAwaitedLogins()).length === 1);
  return joiner;
}

const lightSync = ({ client }: SkippedTime) =>
  client.workflow.start('accessSync', { workflowId: 'sync', taskQueue: 'muster', args: [{ depth: 'light' }] });

test('the light sync wakes people who wait for a first login, and nobody is created or invited', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = await awaitedJoiner(stage);
    expect(accountOf(stage, 'e-1')).toBeUndefined();
    const made = await activeAccount(stage.simulator, 'e-1@example.com');
    await lightSync(stage);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(await readAccount(stage, made)).toMatchObject({ status: 'Active', roles: [readOnly] });
    expect((await stage.inventory.findPerson('e-1'))?.accountId).toBe(made);
    expect(await stage.inventory.listAwaitedLogins()).toEqual([]);
  }, jit);
});

test('without a sync the first login is found all the same', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = await awaitedJoiner(stage);
    await stage.pass(day);
    const made = await activeAccount(stage.simulator, 'e-1@example.com');
    await stage.pass(7 * hour);
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(await readAccount(stage, made)).toMatchObject({ status: 'Active', roles: [readOnly] });
  }, jit);
});

test('an account made by SSO but bound to another blocks the process until a person decides', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = await awaitedJoiner(stage);
    const made = await activeAccount(stage.simulator, 'e-1@example.com');
    await stage.inventory.bindAccount('e-2', made, new Date().toISOString());
    await lightSync(stage);
    expect((await inPhase(stage, 'e-1', 'blocked')).blocked).toMatchObject({
      reason: expect.stringContaining('bound to person e-2'),
      advice: expect.stringContaining('person link e-1'),
    });
    expect(await readAccount(stage, made)).toMatchObject({ roles: [] });
    const { client, inventory } = stage;
    const asOperator = { client, inventory, actor: 'it@example.com', proof: 'claimed' } as const;
    await unlinkAccount(asOperator, 'e-2');
    await client.workflow.getHandle('person/e-1').signal('recheck');
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(await readAccount(stage, made)).toMatchObject({ status: 'Active', roles: [readOnly] });
  }, jit);
});

test('a conflict that no sync reports is shown too', async () => {
  await onSkippedTime(async (stage) => {
    await awaitedJoiner(stage);
    const made = await activeAccount(stage.simulator, 'e-1@example.com');
    await stage.inventory.bindAccount('e-2', made, new Date().toISOString());
    await stage.pass(hour);
    expect((await inPhase(stage, 'e-1', 'blocked')).blocked?.reason).toContain('bound to person e-2');
  }, jit);
});

test('a signal without an account changes nothing, and no login in time ends as not accepted', async () => {
  await onSkippedTime(async (stage) => {
    const joiner = await awaitedJoiner(stage);
    const handle = stage.client.workflow.getHandle('person/e-1');
    await handle.signal('accountActivated', { accountId: 'somebody-elses' });
    await eventually('the refusal', async () =>
      (await stage.muster.status('e-1'))?.refused.some(({ what }) => what === 'accountActivated signal'),
    );
    await stage.pass(15 * day);
    expect(await outcomeOf(stage, joiner)).toMatchObject({
      kind: 'notAccepted',
      detail: expect.stringContaining('logged in'),
    });
    expect(accountOf(stage, 'e-1')).toBeUndefined();
  }, jit);
});

test('an e-mail outside the allowed domains that comes meanwhile ends the wait, and says why', async () => {
  await onSkippedTime(
    async (stage) => {
      const joiner = await awaitedJoiner(stage);
      const person = { email: 'sam@elsewhere.test' };
      await stage.muster.submitEvent(hrEvent('mover', 'e-1', { at: await stage.now(), person }));
      expect(await outcomeOf(stage, joiner)).toMatchObject({
        kind: 'failed',
        detail: expect.stringContaining('identity.allowedDomains'),
      });
    },
    {
      policy: (example) => ({
        ...example,
        activation: 'jit',
        identity: { ...example.identity, allowedDomains: ['example.com'] },
      }),
    },
  );
});
