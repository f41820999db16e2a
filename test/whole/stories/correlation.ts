import { expect } from '@jest/globals';
import { openDatadog } from '../../../datadog/index.ts';
import { activeAccount, employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import { officialClient } from '../../support/officialClient.ts';
import { readOnly, standard } from './names.ts';
import { linkAccount } from '../../../client/operations/links.ts';

/** Whose account it is. */
export const correlationStories: Readonly<Record<string, Story>> = {
  async "a new hire with a colleague's old address waits for a link; both keep their own account"(stage, worker) {
    const { simulator, asOperator } = stage;
    const colleague = await employ(stage, 'address-old', { person: { email: 'sam@example.com' } });
    const attributes = { email: 'sam.oak@example.com' };
    const body = { data: { id: colleague, type: 'users' as const, attributes } };
    await officialClient(simulator).users.updateUser({ userId: colleague, body });
    const person = { email: 'sam@example.com', department: 'Engineering' };
    const joiner = await stage.submit('joiner', 'address-new', { person });
    await stage.phase('address-new', 'blocked');
    await worker.killed();
    const made = await activeAccount(simulator, 'sam.new@example.com');
    await worker.restarted();
    const { url, apiKey, appKey } = simulator;
    await using client = openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) });
    const link = (accountId: string) =>
      linkAccount(asOperator, client.attempt(), { personId: 'address-new', accountId });
    await expect(link(colleague)).rejects.toThrow(/bound to person address-old/);
    await link(made);
    // Datadog keeps the address for its first bearer.
    expect((await stage.outcome(joiner)).kind).toBe('partiallyCompleted');
    expect(await readAccount(stage, made)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
    expect(await readAccount(stage, colleague)).toEqual({ ...attributes, status: 'Active', roles: [readOnly] });
  },

  async 'a service account that shares the leaver’s e-mail stays'(stage, worker) {
    const accountId = await employ(stage, 'shared');
    const attributes = { email: 'shared@example.com', serviceAccount: true as const };
    const service = await officialClient(stage.simulator).serviceAccounts.createServiceAccount({
      body: { data: { type: 'users', attributes } },
    });
    stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/users\//, when: 'after' });
    const leaver = await stage.submit('leaver', 'shared', { immediate: true });
    await stage.caught(accountId);
    await worker.killed();
    await worker.restarted();
    expect((await stage.outcome(leaver)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    expect(await readAccount(stage, service.data?.id ?? '')).toMatchObject({ status: 'Active' });
  },

  async 'two people who swap their e-mails keep each their account and access'(stage, worker) {
    const [ada, bob] = [await employ(stage, 'swap-ada'), await employ(stage, 'swap-bob')];
    stage.gate.hold({ subject: ada, method: 'POST', path: /\/roles\//, when: 'before' });
    stage.gate.hold({ subject: bob, method: 'PATCH', path: /\/users\//, when: 'after' });
    const toAda = { email: 'swap-ada@example.com', name: 'Bob Example', department: 'Sales' };
    const toBob = { email: 'swap-bob@example.com', name: 'Ada Example', department: 'Engineering' };
    const movers = [
      await stage.submit('mover', 'swap-ada', { person: toBob }),
      await stage.submit('mover', 'swap-bob', { person: toAda }),
    ];
    await Promise.all([stage.caught(ada), stage.caught(bob)]);
    await worker.killed();
    await worker.restarted();
    for (const mover of movers) {
      expect(await stage.outcome(mover)).toMatchObject({
        kind: 'partiallyCompleted',
        detail: expect.stringMatching(/update email .*keeps its old e-mail/),
      });
    }
    expect(await readAccount(stage, ada)).toMatchObject({ email: 'swap-ada@example.com', roles: [readOnly, standard] });
    expect(await readAccount(stage, bob)).toMatchObject({ email: 'swap-bob@example.com', roles: [readOnly] });
  },

  async 'an address outside the allowed domains is not invited or adopted, and a leave disables it'(stage, worker) {
    const joiner = await stage.submit('joiner', 'outside-moved');
    await stage.phase('outside-moved', 'waitingForAcceptance');
    await worker.killed();
    const person = { email: 'sam@elsewhere.test' };
    await stage.submit('mover', 'outside-moved', { person });
    const stranger = await stage.submit('joiner', 'outside-new', { person: { email: 'kim@elsewhere.test' } });
    await worker.restarted();
    await stage.wait('the news to be taken', async () => {
      const { steps = [] } = (await stage.muster.status('outside-moved')) ?? {};
      return steps.some(({ text }) => text === 'changed in place by a newer event');
    });
    const accountId = await stage.accept('outside-moved');
    expect(await stage.outcome(stranger)).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('identity.allowedDomains'),
    });
    expect(await stage.outcome(joiner)).toMatchObject({
      kind: 'partiallyCompleted',
      detail: expect.stringMatching(/update email .*identity.allowedDomains/),
    });
    expect(await readAccount(stage, accountId)).toEqual({
      ...{ email: 'outside-moved@example.com', status: 'Active', roles: [readOnly] },
    });
    const users = await officialClient(stage.simulator).listAllUsers();
    expect(users.filter(({ attributes }) => attributes?.email?.endsWith('elsewhere.test'))).toEqual([]);
    const leaver = await stage.submit('leaver', 'outside-moved', { immediate: true });
    expect((await stage.outcome(leaver)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  },
};
