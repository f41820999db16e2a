import { expect, test } from '@jest/globals';
import { RefusedError } from '../../domain/errors.ts';
import { revokeToken } from '../../auth/tokens.ts';
import { eventually, hrEvent, inPhase, knowPerson, outcomeOf } from '../support/muster.ts';
import { day, hour, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';
import { approve, lead, onlyProven, rolesOf, tokenOf } from './support/approvers.ts';
import { knewAs } from '../inventory/samples.ts';
import { operator } from '../support/operators.ts';
import type { Decision } from '../../domain/decision.ts';

const readOnly = 'Datadog Read Only Role';
const admin = 'Datadog Admin Role';
/** An SRE whose admin role waits for the approval of the security lead or the manager. */
async function waitingSre(stage: SkippedTime, person: { manager?: string; email?: string } = {}, personId = 'e-1') {
  await knowPerson(stage, 'l-1', lead);
  const joiner = hrEvent('joiner', personId, { at: await stage.now(), person: { department: 'SRE', ...person } });
  await stage.muster.submitEvent(joiner);
  const { account } = await inPhase(stage, personId, 'waitingForAcceptance');
  stage.simulator.accept(account?.id ?? '');
  const handle = stage.client.workflow.getHandle(`person/${personId}`);
  await handle.signal('accountActivated', { accountId: account?.id });
  const { approvals } = await inPhase(stage, personId, 'waitingForApproval');
  const [approval] = approvals;
  if (approval === undefined) throw new Error('nobody was asked');
  return { joiner, approval, handle };
}

async function refusals(stage: SkippedTime, count: number, personId = 'e-1'): Promise<readonly string[]> {
  return eventually(`${count} refusals`, async () => {
    const refused = (await stage.muster.status(personId))?.refused ?? [];
    return refused.length >= count ? refused.map(({ why }) => why) : undefined;
  });
}

test('a bare signal that claims to be the security lead assigns nothing; the lead’s token does', async () => {
  await onSkippedTime(
    async (stage) => {
      const { joiner, approval, handle } = await waitingSre(stage);
      await handle.signal('decide', { ...approve(approval.approvalId), decisionId: 'd-1' });
      expect(await refusals(stage, 1)).toEqual([expect.stringContaining('only claimed')]);
      await expect(stage.muster.decide(approve(approval.approvalId))).rejects.toThrow('only claimed');
      expect(await rolesOf(stage)).toEqual([readOnly]);

      const token = await tokenOf(stage, 'l-1');
      expect(await stage.muster.decide(approve(approval.approvalId), token)).toMatchObject({ state: 'approved' });
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual([admin, readOnly]);
      const evidence = await stage.inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
      const decision = evidence.find(({ action }) => action === 'approve');
      expect(decision).toMatchObject({ actor: 'l-1', proof: 'attested', tokenId: token.id });
    },
    { policy: onlyProven },
  );
});

test('a forged, altered or foreign statement changes nothing, and status says why', async () => {
  await onSkippedTime(
    async (stage) => {
      const { approval, handle } = await waitingSre(stage);
      const { approvalId, requestedAt } = approval;
      const token = await tokenOf(stage, 'l-1');
      const decision: Decision = { ...approve(approvalId, 'l-1'), decisionId: 'd-1' };
      const fitting = { ...decision, workflowId: 'person/e-1', requestedAt, tokenId: token.id };
      const signed = await stage.attestor.sign(fitting);
      const own = await tokenOf(stage, 'e-1');
      const stranger = await tokenOf(stage, 's-1');
      const auditor = await tokenOf(stage, 'l-1', 'auditor');
      const revoked = await tokenOf(stage, 'l-1');
      await revokeToken(stage.inventory, revoked.id, operator);
      const sign = (change: object) => stage.attestor.sign({ ...fitting, ...change });
      const attempts: readonly [string, Partial<Decision> & { attestation: string }][] = [
        ['not by this deployment', { attestation: `${signed.slice(0, -4)}AAAA` }],
        ['not by this deployment', { attestation: 'x.y.z' }],
        ['for another decision', { attestation: signed, decisionId: 'd-2' }],
        ['for another verdict', { attestation: signed, verdict: 'reject' }],
        ['for another actor', { attestation: signed, actor: lead }],
        ['for another person', { attestation: await sign({ workflowId: 'person/e-2' }) }],
        ['for another approval', { attestation: await sign({ approvalId: 'another' }) }],
        ['for another request', { attestation: await sign({ requestedAt: '2026-01-01T00:00:00.000Z' }) }],
        ['does not prove l-1', { attestation: await sign({ tokenId: stranger.id }) }],
        ['role auditor decides nothing', { attestation: await sign({ tokenId: auditor.id }) }],
        ['was revoked', { attestation: await sign({ tokenId: revoked.id }) }],
        ['was revoked', { attestation: await sign({ tokenId: 't-none' }) }],
        ['their own access', { attestation: await sign({ actor: 'e-1', tokenId: own.id }), actor: 'e-1' }],
        ['not among its approvers', { attestation: await sign({ actor: 's-1', tokenId: stranger.id }), actor: 's-1' }],
      ];
      for (const [index, [why, change]] of attempts.entries()) {
        await handle.signal('decide', { ...decision, ...change });
        expect((await refusals(stage, index + 1))[index]).toContain(why);
      }
      expect((await stage.muster.status('e-1'))?.approvals).toMatchObject([{ state: 'open' }]);
      expect(await rolesOf(stage)).toEqual([readOnly]);

      // The fitting one counts, once.
      await handle.signal('decide', { ...decision, attestation: signed });
      await handle.signal('decide', { ...decision, attestation: signed });
      await eventually('the role', async () => (await rolesOf(stage)).includes(admin));
    },
    { policy: onlyProven },
  );
});

test('a decision that counted once approves nothing when the same access is requested again', async () => {
  await onSkippedTime(
    async (stage) => {
      const { joiner, approval, handle } = await waitingSre(stage);
      const { approvalId, requestedAt } = approval;
      const token = await tokenOf(stage, 'l-1');
      const said: Decision = { ...approve(approvalId, 'l-1'), decisionId: 'd-1' };
      const signed = { ...said, workflowId: 'person/e-1', requestedAt, tokenId: token.id };
      const decision = { ...said, attestation: await stage.attestor.sign(signed) };
      await handle.signal('decide', decision);
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual([admin, readOnly]);

      const away = hrEvent('mover', 'e-1', { at: await stage.now(hour), person: { department: 'Sales' } });
      await stage.muster.submitEvent({ ...away, effectiveAt: (await stage.now()).toISOString() });
      expect((await outcomeOf(stage, away)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual([readOnly]);
      const back = hrEvent('mover', 'e-1', { at: await stage.now(2 * hour), person: { department: 'SRE' } });
      await stage.muster.submitEvent({ ...back, effectiveAt: (await stage.now()).toISOString() });
      const { approvals } = await inPhase(stage, 'e-1', 'waitingForApproval');
      expect(approvals).toMatchObject([{ approvalId, state: 'open' }]);
      await stage.client.workflow.getHandle('person/e-1').signal('decide', decision);
      expect(await refusals(stage, 1)).toEqual([expect.stringContaining('for another request')]);
      expect(await rolesOf(stage)).toEqual([readOnly]);
    },
    { policy: onlyProven },
  );
});

test('a run that somebody starts with decisions of their own making counts none of them', async () => {
  await onSkippedTime(
    async (stage) => {
      const { approval, joiner, handle } = await waitingSre(stage);
      const token = await tokenOf(stage, 'l-1');
      await stage.muster.decide({ approvalId: approval.approvalId, verdict: 'reject', actor: '', reason: 'no' }, token);
      await outcomeOf(stage, joiner);
      await eventually('the run to end', async () => (await handle.describe()).status.name === 'COMPLETED');
      const forged = { ...approve(approval.approvalId, 'l-1'), decisionId: 'd-9', proof: 'attested', personId: 'l-1' };
      const mover = hrEvent('mover', 'e-1', { at: await stage.now(hour), person: { department: 'SRE' } });
      await stage.inventory.receiveEvent(
        { ...mover, effectiveAt: (await stage.now()).toISOString() },
        mover.occurredAt,
      );
      const carried = { decisions: [forged], refused: [{ at: '', what: 'forged', why: 'forged' }] };
      await stage.client.workflow.start('roleChange', {
        workflowId: 'person/e-1',
        taskQueue: 'muster',
        args: [{ personId: 'e-2', events: [mover], carried }],
      });
      const { approvals, refused } = await inPhase(stage, 'e-1', 'waitingForApproval');
      expect(approvals).toMatchObject([{ approvalId: approval.approvalId, state: 'open' }]);
      // Not even looked at.
      expect(refused).toEqual([]);
      expect(await rolesOf(stage)).toEqual([readOnly]);
    },
    { policy: onlyProven },
  );
});

test('an approver decides about himself under an old e-mail: refused', async () => {
  await onSkippedTime(async (stage) => {
    // Once the security lead, under the address that the policy still names, with a token from then.
    const own = await tokenOf(stage, 'e-1');
    await knewAs(stage.inventory, 'e-1', lead);
    await knowPerson(stage, 'e-1', 'e-1@example.com', 'left');
    const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'SRE' } });
    await stage.muster.submitEvent(joiner);
    const { approvals } = await inPhase(stage, 'e-1', 'waitingForAcceptance');
    const approvalId = approvals[0]?.approvalId ?? '';
    await expect(stage.muster.decide(approve(approvalId))).rejects.toThrow('nobody decides about their own access');
    await expect(stage.muster.decide(approve(approvalId), own)).rejects.toThrow('about their own access');
    expect((await stage.muster.status('e-1'))?.approvals).toMatchObject([{ state: 'open' }]);
    // The manager is missing, and the named approver is the person: the fallback decides at once.
    await stage.muster.decide(approve(approvalId, 'it-lead@example.com'));
    expect((await stage.muster.status('e-1'))?.approvals).toMatchObject([{ state: 'approved' }]);
  });
});

test.each(['missing', 'unknown', 'the person', 'leaving', 'gone', 'disabled'])(
  'the manager is %s: the fallback decides at once, and the manager does not',
  async (what) => {
    await onSkippedTime(async (stage) => {
      const boss = 'boss@example.com';
      const manager = what === 'the person' ? 'e-1@example.com' : boss;
      if (what !== 'unknown') {
        await knowPerson(stage, 'm-1', boss, what === 'gone' ? 'left' : 'employed');
      }
      if (what === 'leaving') {
        const inDays = await stage.now(3 * day);
        await stage.inventory.receiveEvent(hrEvent('leaver', 'm-1', { at: inDays }), (await stage.now()).toISOString());
      }
      if (what === 'disabled') {
        const account = { id: 'acc-m', email: boss, handle: boss, name: '', title: '', roleIds: [] };
        const seenAt = (await stage.now()).toISOString();
        await stage.inventory.writeAccounts({
          accounts: [{ ...account, status: 'disabled', isServiceAccount: false }],
          seenAt,
        });
        await stage.inventory.bindAccount('m-1', 'acc-m', seenAt);
      }
      const { approval, joiner } = await waitingSre(stage, what === 'missing' ? {} : { manager });
      const asked = stage.notices.find(({ kind }) => kind === 'approvalRequested');
      expect(asked?.to).toEqual([lead, 'it-lead@example.com']);
      await expect(stage.muster.decide(approve(approval.approvalId, manager))).rejects.toBeInstanceOf(RefusedError);
      expect(await rolesOf(stage)).toEqual([readOnly]);
      await stage.muster.decide(approve(approval.approvalId, 'it-lead@example.com'));
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual([admin, readOnly]);
    });
  },
);

test('an admin token reassigns to others, never to the person; an approver’s token does not', async () => {
  await onSkippedTime(
    async (stage) => {
      const { approval, joiner } = await waitingSre(stage);
      const { approvalId } = approval;
      await knowPerson(stage, 'c-1', 'cto@example.com');
      const [boss, leads, cto] = [
        await tokenOf(stage, 'a-1', 'admin'),
        await tokenOf(stage, 'l-1'),
        await tokenOf(stage, 'c-1'),
      ];
      const to = (...names: string[]) => ({ approvalId, verdict: 'reassign', actor: '', to: names }) as const;
      await expect(stage.muster.decide(to('e-1@example.com'), boss)).rejects.toThrow('their own access');
      await expect(stage.muster.decide(to('cto@example.com'), leads)).rejects.toThrow('only an admin token');
      await expect(stage.muster.decide(approve(approvalId), boss)).rejects.toThrow('role admin decides nothing');
      expect(await stage.muster.decide(to('cto@example.com'), boss)).toMatchObject({ state: 'open' });
      expect(stage.notices.at(-1)).toMatchObject({ kind: 'approvalReassigned', to: ['cto@example.com'] });
      expect(await stage.inventory.listApprovals({ state: 'open' })).toMatchObject([
        { approvers: { people: ['c-1'], manager: false } },
      ]);
      await expect(stage.muster.decide(approve(approvalId), leads)).rejects.toThrow('not among its approvers');
      await stage.muster.decide(approve(approvalId), cto);
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual([admin, readOnly]);
      const evidence = await stage.inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
      expect(evidence.find(({ action }) => action === 'reassign')).toMatchObject({
        actor: 'a-1',
        after: { to: ['c-1'] },
      });
    },
    { policy: onlyProven },
  );
});
