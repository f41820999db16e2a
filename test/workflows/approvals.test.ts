import { expect, test } from '@jest/globals';
import { RefusedError } from '../../domain/errors.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { accountOf, eventually, hrEvent, inPhase, knowPerson, outcomeOf } from '../support/muster.ts';
import { day, hour, onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const readOnly = 'Datadog Read Only Role';
const admin = 'Datadog Admin Role';
const lead = 'security-lead@example.com';

/** An SRE who has accepted the invitation and waits for the approval of the admin role. */
async function waitingSre(stage: SkippedTime, manager?: string) {
  const person = { department: 'SRE', ...(manager === undefined ? {} : { manager }) };
  await knowPerson(stage, 'm-1', 'boss@example.com');
  const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person });
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'waitingForAcceptance');
  stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
  await stage.client.workflow
    .getHandle('person/e-1')
    .signal('accountActivated', { accountId: accountOf(stage, 'e-1')?.id });
  const { approvals } = await inPhase(stage, 'e-1', 'waitingForApproval');
  const [approval] = approvals;
  if (approval === undefined) throw new Error('nobody was asked');
  return { joiner, approval };
}

test('access without approval is granted while the rest waits for its approval', async () => {
  await onSkippedTime(async (stage) => {
    const { joiner, approval } = await waitingSre(stage);
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
    const receipt = await stage.muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor: lead });
    expect(receipt.state).toBe('approved');
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')?.roles).toEqual([admin, readOnly]);
    const evidence = await stage.inventory.listEvidence({ personId: 'e-1', limit: 100, offset: 0 });
    expect(evidence.filter(({ actor }) => actor === lead).map(({ action }) => action)).toEqual([
      'approve',
      'assign role',
    ]);
  });
});

test('without a decision: reminder after a day, fallback after two, rejected after seven', async () => {
  await onSkippedTime(async (stage) => {
    const { joiner } = await waitingSre(stage);
    await stage.pass(7 * day + hour);
    const outcome = await outcomeOf(stage, joiner);
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(outcome.parts).toContainEqual(expect.objectContaining({ part: `assign role ${admin}`, result: 'timedOut' }));
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
    const kinds = stage.notices.map(({ kind }) => kind).filter((kind) => kind.startsWith('approval'));
    expect(kinds).toEqual(['approvalRequested', 'approvalReminder', 'approvalFallback', 'approvalTimedOut']);
    const [fallback] = stage.notices.filter(({ kind }) => kind === 'approvalFallback');
    expect(fallback?.to).toContain('it-lead@example.com');
  });
});

test('a stranger, the person themself and an early fallback are refused, and status says so', async () => {
  await onSkippedTime(async (stage) => {
    const { approval } = await waitingSre(stage, 'boss@example.com');
    for (const actor of ['stranger@example.com', 'E-1@Example.com', 'e-1', 'it-lead@example.com']) {
      await expect(
        stage.muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor }),
      ).rejects.toBeInstanceOf(RefusedError);
    }
    const handle = stage.client.workflow.getHandle('person/e-1');
    await handle.signal('decide', {
      decisionId: 'd-1',
      approvalId: approval.approvalId,
      verdict: 'approve',
      actor: 'e-1',
    });
    await eventually('the refusal in status', async () =>
      (await stage.muster.status('e-1'))?.refused.some(({ why }) => why === 'nobody decides about their own access'),
    );
    expect((await stage.muster.status('e-1'))?.approvals).toMatchObject([{ state: 'open' }]);
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
  });
});

test('where a claim is not enough, nobody decides by naming an approver', async () => {
  await onSkippedTime(
    async (stage) => {
      const { approval } = await waitingSre(stage);
      const decision = { approvalId: approval.approvalId, verdict: 'approve', actor: lead } as const;
      await expect(stage.muster.decide(decision)).rejects.toThrow('approvals.acceptClaimed is false');
      await stage.client.workflow.getHandle('person/e-1').signal('decide', { ...decision, decisionId: 'd-1' });
      await eventually('the refusal in status', async () =>
        (await stage.muster.status('e-1'))?.refused.some(({ why }) => why.includes('acceptClaimed')),
      );
      expect((await stage.muster.status('e-1'))?.approvals).toMatchObject([{ state: 'open' }]);
      expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
    },
    { policy: (example) => ({ ...example, approvals: { ...example.approvals, acceptClaimed: false } }) },
  );
});

test('after two days the fallback approver may decide', async () => {
  await onSkippedTime(async (stage) => {
    const { joiner, approval } = await waitingSre(stage);
    await stage.pass(2 * day + hour);
    await stage.muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor: 'it-lead@example.com' });
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    expect(accountOf(stage, 'e-1')?.roles).toEqual([admin, readOnly]);
  });
});

test('rejected access is not written, and a later approval of it changes nothing', async () => {
  await onSkippedTime(async (stage) => {
    const { joiner, approval } = await waitingSre(stage, 'boss@example.com');
    const { approvalId } = approval;
    const handle = stage.client.workflow.getHandle('person/e-1');
    await handle.signal('decide', {
      decisionId: 'd-1',
      approvalId,
      verdict: 'reject',
      actor: 'boss@example.com',
      reason: 'not yet',
    });
    const outcome = await outcomeOf(stage, joiner);
    expect(outcome.parts).toContainEqual(expect.objectContaining({ part: `assign role ${admin}`, result: 'rejected' }));
    await expect(stage.muster.decide({ approvalId, verdict: 'approve', actor: lead })).rejects.toThrow(/rejected/);
    await stage.pass(day);
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
  });
});

test('a quorum of two takes two approvers, and one of them deciding twice is one', async () => {
  const policy = (example: Policy): Policy => ({
    ...example,
    rules: example.rules.map((rule) =>
      rule.approval === undefined
        ? rule
        : { ...rule, approval: { ...rule.approval, quorum: 2, people: [lead, 'cto@example.com'] } },
    ),
  });
  await onSkippedTime(
    async (stage) => {
      const { joiner, approval } = await waitingSre(stage);
      const { approvalId } = approval;
      const first = { approvalId, verdict: 'approve', actor: lead, decisionId: 'd-1' } as const;
      expect((await stage.muster.decide(first)).state).toBe('open');
      expect((await stage.muster.decide(first)).state).toBe('open');
      await expect(stage.muster.decide({ ...first, decisionId: 'd-2' })).rejects.toThrow(/has decided already/);
      expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
      const second = await stage.muster.decide({ approvalId, verdict: 'approve', actor: 'cto@example.com' });
      expect(second.state).toBe('approved');
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(accountOf(stage, 'e-1')?.roles).toEqual([admin, readOnly]);
    },
    { policy },
  );
});

test('a manager who is the person themself cannot decide, so the fallback decides at once', async () => {
  await onSkippedTime(
    async (stage) => {
      const { joiner, approval } = await waitingSre(stage, 'e-1@example.com');
      const decision = { approvalId: approval.approvalId, verdict: 'approve' } as const;
      await expect(stage.muster.decide({ ...decision, actor: 'e-1@example.com' })).rejects.toBeInstanceOf(RefusedError);
      await stage.muster.decide({ ...decision, actor: 'it-lead@example.com' });
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    },
    {
      policy: (example) => ({
        ...example,
        rules: example.rules.map((rule) =>
          rule.approval === undefined ? rule : { ...rule, approval: { ...rule.approval, people: [] } },
        ),
      }),
    },
  );
});

test('a move that takes the request away withdraws it, and nobody can approve it any more', async () => {
  await onSkippedTime(async (stage) => {
    const { joiner, approval } = await waitingSre(stage);
    const mover = hrEvent('mover', 'e-1', {
      at: await stage.now(hour),
      effectiveAt: (await stage.now()).toISOString(),
      person: { department: 'Sales' },
    });
    await stage.muster.submitEvent(mover);
    expect((await outcomeOf(stage, mover)).kind).toBe('completed');
    expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
    await expect(
      stage.muster.decide({ approvalId: approval.approvalId, verdict: 'approve', actor: lead }),
    ).rejects.toBeInstanceOf(RefusedError);
    expect(accountOf(stage, 'e-1')?.roles).toEqual([readOnly]);
  });
});
