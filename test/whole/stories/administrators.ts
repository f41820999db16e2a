import { expect } from '@jest/globals';
import type { Simulator } from '../../../simulator/index.ts';
import { wake } from '../../../client/operations/wake.ts';
import { activeAccount, employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import { accountOf } from '../../support/muster.ts';
import { officialClient } from '../../support/officialClient.ts';
import { admin, grantManually, readOnly, roleIdOf, standard } from './names.ts';

const threeScopes = ['user_access_read', 'user_access_invite', 'user_access_manage'];

/** Keys of service accounts, Muster's with the three scopes: no person is an administrator by them. */
export async function scopedKeys(simulator: Simulator): Promise<{ muster: string; reader: string }> {
  const { serviceAccounts } = officialClient(simulator);
  const role = { id: await roleIdOf({ simulator }, admin), type: 'roles' as const };
  const keyOf = async (name: string, scopes: readonly string[] | null): Promise<string> => {
    const attributes = { email: `${name}@example.com`, serviceAccount: true as const };
    const made = await serviceAccounts.createServiceAccount({
      body: { data: { type: 'users', attributes, relationships: { roles: { data: [role] } } } },
    });
    const { data } = await serviceAccounts.createServiceAccountApplicationKey({
      serviceAccountId: made.data?.id ?? '',
      body: { data: { type: 'application_keys', attributes: { name, ...(scopes && { scopes: [...scopes] }) } } },
    });
    return data?.attributes?.key ?? '';
  };
  const keys = { muster: await keyOf('muster', threeScopes), reader: await keyOf('reader', null) };
  simulator.disable(simulator.users().find(({ email }) => email === 'admin@example.com')?.id ?? '');
  return keys;
}

/** An organization with two administrators, whose key for Muster has the three scopes only. */
export const administratorStories: Readonly<Record<string, Story>> = {
  async 'of the last two administrators who leave at once one stays, until there is another'(stage, worker) {
    const people = ['admin-1', 'admin-2'] as const;
    const accounts = new Map<string, string>();
    for (const personId of people) {
      const accountId = await employ(stage, personId, { role: admin });
      stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/users\//, when: 'after' });
      accounts.set(personId, accountId);
    }
    const leavers = await Promise.all(people.map((personId) => stage.submit('leaver', personId, { immediate: true })));
    const caught = () => [...accounts.values()].reduce((sum, accountId) => sum + stage.gate.caught(accountId), 0);
    await stage.wait('one of them to be in the middle', () => caught() === 1);
    await worker.killed();
    await worker.restarted();
    const blocked = await stage.wait('the other to wait for a person', async () => {
      const rows = await stage.inventory.listPeople({ limit: 200, offset: 0 });
      return rows.find(({ personId, phase }) => accounts.has(personId) && phase === 'blocked')?.personId;
    });
    const gone = people.find((personId) => personId !== blocked) ?? '';
    expect(await stage.outcome(leavers[people.indexOf(gone as 'admin-1')] ?? { eventId: '' })).toMatchObject({
      kind: 'completed',
    });
    const read = (personId: string) => readAccount(stage, accounts.get(personId) ?? '');
    expect(await read(gone)).toMatchObject({ status: 'Disabled', roles: [] });
    expect(await read(blocked)).toMatchObject({ status: 'Active', roles: [admin] });
    expect((await stage.muster.status(blocked))?.blocked?.advice).toContain('last active person');

    const another = await activeAccount(stage.simulator, 'admin-3@example.com');
    await grantManually(stage, another, await roleIdOf(stage, admin));
    await wake(stage.client, blocked);
    for (const leaver of leavers) expect((await stage.outcome(leaver)).kind).toBe('completed');
    expect(await read(blocked)).toMatchObject({ status: 'Disabled', roles: [] });
    expect(await readAccount(stage, another)).toMatchObject({ status: 'Active', roles: [admin] });
  },

  async 'a key with the three scopes onboards, and names the steps it skips'(stage, worker) {
    stage.gate.hold({ subject: 'three-new@example.com', method: 'POST', path: /\/users$/, when: 'after' });
    const joiner = await stage.submit('joiner', 'three-new', { person: { department: 'Engineering' } });
    await stage.caught('three-new@example.com');
    await worker.killed();
    await worker.restarted();
    await stage.phase('three-new', 'waitingForAcceptance');
    const accountId = await stage.accept('three-new');
    expect(await stage.outcome(joiner)).toMatchObject({
      kind: 'completed',
      detail: expect.stringContaining('teams_read'),
    });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly, standard] });
  },

  async 'a key with the three scopes moves'(stage, worker) {
    const accountId = await employ(stage, 'three-move', { role: standard, person: { department: 'Engineering' } });
    stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/roles\//, when: 'before' });
    const mover = await stage.submit('mover', 'three-move', { person: { department: 'Sales' } });
    await stage.caught(accountId);
    await worker.killed();
    await worker.restarted();
    expect((await stage.outcome(mover)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
  },

  async 'a key with the three scopes offboards, and names what it cannot see'(stage, worker) {
    const accountId = await employ(stage, 'three-leave');
    stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/users\//, when: 'before' });
    const leaver = await stage.submit('leaver', 'three-leave', { immediate: true });
    await stage.caught(accountId);
    await worker.killed();
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    await worker.restarted();
    const { kind, parts } = await stage.outcome(leaver);
    expect(kind).toBe('completed');
    expect(parts).toContainEqual(expect.objectContaining({ part: 'remove teams', permission: 'teams_read' }));
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  },

  async 'an invitation that nobody ever accepts is taken back, and gives nothing'(stage, worker) {
    const joiner = await stage.submit('joiner', 'never');
    await stage.phase('never', 'waitingForAcceptance');
    await worker.killed();
    await worker.restarted();
    expect((await stage.outcome(joiner)).kind).toBe('notAccepted');
    const { id = '' } = accountOf(stage, 'never') ?? {};
    expect(await readAccount(stage, id)).toMatchObject({ status: 'Pending', roles: [] });
    expect(() => stage.simulator.accept(id)).toThrow(RangeError);
    expect((await stage.inventory.findPerson('never'))?.employment).toBe('joining');
  },
};
