import { expect } from '@jest/globals';
import { cancelEvent, restorePerson } from '../../../client/operations/undo.ts';
import { employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import { admin, grantManually, readOnly, roleIdOf, standard } from './names.ts';

/** What an operator takes back. */
export const undoStories: Readonly<Record<string, Story>> = {
  async 'a restore gives back exactly what was recorded, a privileged role once somebody allows it'(stage, worker) {
    const accountId = await employ(stage, 'restored', { role: standard, person: { department: 'Sales' } });
    await grantManually(stage, accountId, await roleIdOf(stage, admin));
    const leaver = await stage.submit('leaver', 'restored', { immediate: true });
    expect((await stage.outcome(leaver)).kind).toBe('completed');
    stage.gate.hold({ subject: accountId, method: 'PATCH', path: /\/users\//, when: 'after' });
    const restoration = await restorePerson(stage.asOperator, 'restored');
    await stage.caught(accountId);
    await worker.killed();
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [] });
    await worker.restarted();
    await stage.phase('restored', 'waitingForApproval');
    // The policy would grant the Read Only Role, and nothing else.
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [standard] });
    await stage.approve('restored', await stage.tokenOf('lead'));
    expect((await stage.outcome(restoration)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [admin, standard] });
  },

  async 'a leave that an operator withdraws while no worker lives is never applied'(stage, worker) {
    const accountId = await employ(stage, 'withdrawn');
    const effectiveAt = new Date(Date.now() + 86_400_000).toISOString();
    const leaver = await stage.submit('leaver', 'withdrawn', { effectiveAt });
    await stage.phase('withdrawn', 'scheduled');
    await worker.killed();
    // Perhaps the operator gets no reply in time: it counts all the same.
    const asking = cancelEvent(stage.asOperator, { eventId: leaver.eventId, reason: 'a mistake' }).catch(
      () => undefined,
    );
    await stage.wait('it to be asked for', async () =>
      (await stage.evidence('withdrawn')).some(({ action }) => action === 'ask to cancel event'),
    );
    await worker.restarted();
    await asking;
    expect(await stage.outcome(leaver)).toMatchObject({
      kind: 'cancelled',
      detail: expect.stringContaining('a mistake'),
    });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    expect((await stage.inventory.findPerson('withdrawn'))?.employment).toBe('employed');
  },
};
