import { expect } from '@jest/globals';
import { taskQueues } from '../../../domain/contracts.ts';
import { activeAccount, employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import { officialClient } from '../../support/officialClient.ts';
import { readOnly } from './names.ts';
import { heldBatch, decideHeld } from '../../../client/operations/held.ts';

const people = Array.from({ length: 60 }, (_, index) => `crowd-${index}`);
/** What the change budget of the policy lets go by itself. */
const budget = 5;

/** An organization with the default change budget, whose people get their account by SSO. */
export const changeBudgetStories: Readonly<Record<string, Story>> = {
  async 'of 60 leavers in one hour only the budget goes before a person has said so'(stage, worker) {
    const { gate, inventory, asOperator } = stage;
    const official = officialClient(stage.simulator);
    const disabled = async () => (await official.listAllUsers({ status: 'Disabled' })).length;
    const accounts = await Promise.all(people.map((personId) => employ(stage, personId)));
    for (const subject of accounts) gate.hold({ subject, method: 'DELETE', path: /\/users\//, when: 'after' });
    const leavers = await Promise.all(people.map((personId) => stage.submit('leaver', personId, { immediate: true })));
    const held = async () => (await inventory.listHeld()).length;
    await stage.wait('the budget to be in the middle, the rest to be held', async () => {
      return gate.caught() === budget && (await held()) === people.length - budget;
    });
    await worker.killed();
    const urgent = (await inventory.listHeld())[0]?.personId ?? '';
    await decideHeld(asOperator, { which: { personId: urgent }, verdict: 'release', reason: 'urgent' });
    await worker.restarted();
    const waiting = async () => (await inventory.waitingEvents({ limit: 1_000 })).map(({ event }) => event.personId);
    const gone = budget + 1;
    await stage.wait('the budget and the urgent one to be gone', async () => {
      return (await waiting()).filter((personId) => personId.startsWith('crowd-')).length === people.length - gone;
    });
    expect([await disabled(), await held()]).toEqual([gone, people.length - gone]);
    expect((await inventory.findPerson(urgent))?.employment).toBe('left');

    const { batch } = await heldBatch(inventory);
    await decideHeld(asOperator, { which: { batch }, verdict: 'release', reason: 'the site is closed' });
    for (const leaver of leavers) expect((await stage.outcome(leaver)).kind).toBe('completed');
    expect(await disabled()).toBe(people.length);
    for (const accountId of accounts) expect(await official.rolesOf(accountId)).toEqual([]);
  },

  async 'an account that SSO makes while no worker lives is the one that gets the roles'(stage, worker) {
    const joiner = await stage.submit('joiner', 'by-sso');
    await stage.phase('by-sso', 'waitingForAcceptance');
    await stage.wait('the sync to know of it', async () => (await stage.inventory.listAwaitedLogins()).length === 1);
    await worker.killed();
    const made = await activeAccount(stage.simulator, 'by-sso@example.com');
    await worker.restarted();
    const light = { workflowId: 'sync', taskQueue: taskQueues.muster, args: [{ depth: 'light' }] };
    await stage.client.workflow.start('accessSync', light);
    expect((await stage.outcome(joiner)).kind).toBe('completed');
    expect(await readAccount(stage, made)).toMatchObject({ status: 'Active', roles: [readOnly] });
    expect((await stage.inventory.findPerson('by-sso'))?.accountId).toBe(made);
    const asked = stage.gate.requests.list().filter(({ method, path }) => method === 'POST' && /\/user/.test(path));
    expect(asked.filter(({ path }) => !path.includes('/roles/'))).toEqual([]);
  },
};
