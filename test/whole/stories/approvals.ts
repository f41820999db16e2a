import { expect } from '@jest/globals';
import { decideSignal, personWorkflowId } from '../../../domain/contracts.ts';
import { employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import type { KillStage } from '../../support/killStage.ts';
import { knowPerson } from '../../support/muster.ts';
import { officialClient } from '../../support/officialClient.ts';
import { admin, lead, makeRole, readOnly, standard } from './names.ts';

const sre = { department: 'SRE' };

async function expectAdminBy(stage: KillStage, personId: string, actor: string, accountId: string): Promise<void> {
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [admin, readOnly] });
  const links = (await stage.evidence(personId)).filter(({ action }) => /^approve$|^assign/.test(action));
  expect(links).toMatchObject([
    { action: 'approve', actor, proof: 'attested' },
    { action: 'assign role', actor },
  ]);
}

/** The manager cannot decide, and the fallback does. */
function withoutManager(what: 'missing' | 'self' | 'leaving'): Story {
  return async (stage, worker) => {
    const personId = `manager-${what}`;
    const accountId = await employ(stage, personId);
    const boss = 'boss-who-leaves@example.com';
    if (what === 'leaving') {
      await employ(stage, 'boss-who-leaves');
      await stage.submit('leaver', 'boss-who-leaves', { effectiveAt: new Date(Date.now() + 86_400_000).toISOString() });
    }
    const manager = { missing: undefined, self: `${personId}@example.com`, leaving: boss }[what];
    const person = { ...sre, ...(manager === undefined ? {} : { manager }) };
    const mover = await stage.submit('mover', personId, { person });
    await stage.phase(personId, 'waitingForApproval');
    const fallback = await stage.tokenOf('it');
    // One is killed while it waits, the others in the middle of the approved change.
    if (what !== 'missing') {
      const when = what === 'self' ? 'before' : 'after';
      stage.gate.hold({ subject: accountId, method: 'POST', path: /\/roles\//, when });
      await stage.approve(personId, fallback);
      await stage.caught(accountId);
    }
    await worker.killed();
    await worker.restarted();
    if (what === 'missing') await stage.approve(personId, fallback);
    expect((await stage.outcome(mover)).kind).toBe('completed');
    await expectAdminBy(stage, personId, 'it', accountId);
  };
}

/** The person who decides, and how that is known. Mere claims do not count here. */
export const approvalStories: Readonly<Record<string, Story>> = {
  'the manager is missing: the fallback decides': withoutManager('missing'),
  'the manager is the person: the fallback decides': withoutManager('self'),
  'the manager is leaving: the fallback decides': withoutManager('leaving'),

  async 'an approver who decides about himself under an old e-mail is refused, before and after'(stage, worker) {
    const old = 'old-lead@example.com';
    await knowPerson(stage, 'own-approver', old);
    const accountId = await employ(stage, 'own-approver');
    const mover = await stage.submit('mover', 'own-approver', { person: { department: 'Vault' } });
    await stage.phase('own-approver', 'waitingForApproval');
    const own = await stage.tokenOf('own-approver');
    expect(await stage.refusal('own-approver', own)).toContain('own access');
    await worker.killed();
    const { approvalId } = await stage.asked('own-approver');
    const claimed = { decisionId: 'claimed-by-himself', approvalId, verdict: 'approve', actor: old } as const;
    await stage.client.workflow.getHandle(personWorkflowId('own-approver')).signal(decideSignal, claimed);
    await worker.restarted();
    expect(await stage.refusal('own-approver', own)).toContain('own access');
    expect(await stage.asked('own-approver')).toMatchObject({ approvalId, decisions: [] });
    expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly] });
    await stage.approve('own-approver', await stage.tokenOf('it'));
    expect((await stage.outcome(mover)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly, standard] });
  },

  async 'a bare signal that claims to be the security lead, sent without a worker, grants nothing'(stage, worker) {
    const accountId = await employ(stage, 'bare-signal');
    const mover = await stage.submit('mover', 'bare-signal', { person: sre });
    await stage.phase('bare-signal', 'waitingForApproval');
    const { approvalId } = await stage.asked('bare-signal');
    await worker.killed();
    const claimed = { decisionId: 'bare', approvalId, verdict: 'approve', actor: lead } as const;
    await stage.client.workflow.getHandle(personWorkflowId('bare-signal')).signal(decideSignal, claimed);
    await worker.restarted();
    await stage.wait('the refusal', async () =>
      (await stage.refusals('bare-signal')).some(({ why }) => why.includes('only claimed')),
    );
    expect(await stage.asked('bare-signal')).toMatchObject({ approvalId, decisions: [] });
    expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly] });
    await stage.approve('bare-signal', await stage.tokenOf('lead'));
    expect((await stage.outcome(mover)).kind).toBe('completed');
    await expectAdminBy(stage, 'bare-signal', 'lead', accountId);
  },

  async 'a role that gains org_management between approval and assignment is asked for once more'(stage, worker) {
    const { roles } = officialClient(stage.simulator);
    const roleId = await makeRole(stage, 'Deployers');
    const joiner = await stage.submit('joiner', 'deployer', { person: { department: 'Deploy' } });
    const token = await stage.tokenOf('lead');
    const first = await stage.asked('deployer');
    await stage.approve('deployer', token);
    await stage.phase('deployer', 'waitingForAcceptance');
    await worker.killed();
    const permissions = (await roles.listPermissions()).data ?? [];
    const gained = permissions.find(({ attributes }) => attributes?.name === 'org_management')?.id ?? '';
    await roles.addPermissionToRole({ roleId, body: { data: { id: gained, type: 'permissions' } } });
    const accountId = await stage.accept('deployer');
    await worker.restarted();
    const second = await stage.asked('deployer');
    expect(second.approvalId).not.toBe(first.approvalId);
    await stage.phase('deployer', 'waitingForApproval');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    await stage.approve('deployer', token);
    expect((await stage.outcome(joiner)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ roles: [readOnly, 'Deployers'].toSorted() });
  },
};
