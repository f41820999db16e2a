import { expect } from '@jest/globals';
import { employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import { officialClient } from '../../support/officialClient.ts';
import { admin, grantManually, makeRole, readOnly, roleIdOf, standard } from './names.ts';

/** Access that follows the policy, and access granted manually. */
export const accessStories: Readonly<Record<string, Story>> = {
  async 'a mover loses what Muster granted and keeps the Admin role granted manually'(stage, worker) {
    const accountId = await employ(stage, 'by-hand', { role: standard, person: { department: 'Engineering' } });
    await grantManually(stage, accountId, await roleIdOf(stage, admin));
    stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/roles\//, when: 'after' });
    const mover = await stage.submit('mover', 'by-hand', { person: { department: 'Sales' } });
    await stage.caught(accountId);
    await worker.killed();
    await worker.restarted();
    const { kind, parts } = await stage.outcome(mover);
    expect(kind).toBe('completed');
    expect(parts).toContainEqual(
      expect.objectContaining({ part: `role ${admin}`, detail: expect.stringContaining('excess') }),
    );
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [admin, readOnly] });
    expect(await stage.inventory.listApprovals({ personId: 'by-hand' })).toEqual([]);
  },

  async 'a role whose rule is deleted during its assignment is removed by the next reconciliation'(stage, worker) {
    await makeRole(stage, 'Legacy');
    const accountId = await employ(stage, 'legacy', { person: { department: 'Sales' } });
    stage.gate.hold({ subject: accountId, method: 'POST', path: /\/roles\//, when: 'after' });
    const mover = await stage.submit('mover', 'legacy', { person: { department: 'Legacy' } });
    await stage.caught(accountId);
    await worker.killed();
    await stage.writePolicy(stage.policy.replace(/^.*name: legacy.*\n/m, ''));
    await worker.restarted();
    expect((await stage.outcome(mover)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly, 'Legacy'] });
    expect((await stage.outcome(await stage.muster.retry('legacy'))).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    const written = (await stage.evidence('legacy')).filter(({ action }) => action.endsWith('role'));
    expect(written.map(({ action }) => action)).toEqual(['assign role', 'remove role']);
  },

  async 'a renamed role goes on by its id, and another that takes its name gives nothing'(stage, worker) {
    const { roles } = officialClient(stage.simulator);
    const roleId = await makeRole(stage, 'On call');
    const [first, second] = [await employ(stage, 'on-call-1'), await employ(stage, 'on-call-2')];
    stage.gate.hold({ subject: first, method: 'POST', path: /\/roles\//, when: 'before' });
    const person = { department: 'Operations' };
    const mover = await stage.submit('mover', 'on-call-1', { person });
    await stage.caught(first);
    await worker.killed();
    const attributes = { name: 'Night shift' };
    await roles.updateRole({ roleId, body: { data: { id: roleId, type: 'roles', attributes } } });
    const impostor = await makeRole(stage, 'On call');
    const later = await stage.submit('mover', 'on-call-2', { person });
    await worker.restarted();
    for (const one of [mover, later]) expect((await stage.outcome(one)).kind).toBe('completed');
    for (const accountId of [first, second])
      expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly, 'Night shift'] });
    expect((await roles.listRoleUsers({ roleId: impostor })).data).toEqual([]);
  },
};
