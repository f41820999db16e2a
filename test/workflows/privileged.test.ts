import { expect, test } from '@jest/globals';
import { revokeToken } from '../../auth/tokens.ts';
import type { Policy, PolicyRule } from '../../domain/policy/rules.ts';
import { hrEvent, inPhase, knowPerson, outcomeOf } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';
import { approve, lead, onlyProven, rolesOf, tokenOf } from './support/approvers.ts';
import { operator } from '../support/operators.ts';

const readOnly = 'Datadog Read Only Role';
const admin = 'Datadog Admin Role';
const approval = { people: [lead], manager: false, quorum: 1, fallback: ['it-lead@example.com'] };

const withRules =
  (rules: readonly Partial<PolicyRule>[], approvals: Partial<Policy['approvals']> = {}) =>
  (example: Policy): Policy => ({
    ...onlyProven(example),
    rules: rules.map((rule, index) => ({ name: `rule ${index}`, when: {}, roles: [], teams: [], ...rule })),
    approvals: { acceptClaimed: false, ...approvals },
  });

/** A custom role that is made privileged, or not, by Datadog's own client. */
async function makeRole(stage: SkippedTime, name: string) {
  const { roles } = officialClient(stage.simulator);
  const { data } = await roles.createRole({ body: { data: { type: 'roles', attributes: { name } } } });
  const roleId = data?.id ?? '';
  const permissions = (await roles.listPermissions()).data ?? [];
  const idOf = (permission: string) => permissions.find(({ attributes }) => attributes?.name === permission)?.id ?? '';
  const body = (permission: string) => ({ data: { id: idOf(permission), type: 'permissions' as const } });
  return {
    gain: (permission: string) => roles.addPermissionToRole({ roleId, body: body(permission) }),
  };
}

async function join(stage: SkippedTime) {
  await knowPerson(stage, 'l-1', lead);
  const joiner = hrEvent('joiner', 'e-1');
  await stage.muster.submitEvent(joiner);
  const status = await inPhase(stage, 'e-1', 'waitingForAcceptance');
  const accept = async () => {
    const accountId = status.account?.id ?? '';
    stage.simulator.accept(accountId);
    await stage.client.workflow.getHandle('person/e-1').signal('accountActivated', { accountId });
  };
  return { joiner, approvals: status.approvals, accept };
}

test('a role that gains org_management after its approval needs another before it is assigned', async () => {
  await onSkippedTime(
    async (stage) => {
      const role = await makeRole(stage, 'Deployers');
      const { joiner, approvals, accept } = await join(stage);
      const [first] = approvals;
      const token = await tokenOf(stage, 'l-1');
      expect(first?.privileged).toBeUndefined();
      await stage.muster.decide(approve(first?.approvalId ?? ''), token);
      await role.gain('org_management');
      await accept();

      const { approvals: asked, refused } = await inPhase(stage, 'e-1', 'waitingForApproval');
      expect(refused).toMatchObject([
        { what: 'assign role Deployers', why: expect.stringContaining('org_management') },
      ]);
      expect(asked).toMatchObject([{ state: 'approved' }, { state: 'open', privileged: ['Deployers'] }]);
      expect(asked[1]?.approvalId).not.toBe(first?.approvalId);
      expect(await rolesOf(stage)).toEqual([readOnly]);

      await stage.muster.decide(approve(asked[1]?.approvalId ?? ''), token);
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual([readOnly, 'Deployers'].toSorted());
    },
    { policy: withRules([{ roles: [readOnly] }, { roles: ['Deployers'], approval }]) },
  );
});

test('a privileged role that a rule grants freely goes to approvals.default and can be rejected', async () => {
  await onSkippedTime(
    async (stage) => {
      const { joiner, approvals, accept } = await join(stage);
      expect(approvals).toMatchObject([{ state: 'open', privileged: [admin], rules: ['approvals.default'] }]);
      await accept();
      await inPhase(stage, 'e-1', 'waitingForApproval');
      expect(await rolesOf(stage)).toEqual([readOnly]);
      const token = await tokenOf(stage, 'l-1');
      const rejected = { ...approve(approvals[0]?.approvalId ?? ''), verdict: 'reject', reason: 'no' } as const;
      await stage.muster.decide(rejected, token);
      const outcome = await outcomeOf(stage, joiner);
      expect(outcome.parts).toContainEqual({ part: `assign role ${admin}`, result: 'rejected' });
      expect(await rolesOf(stage)).toEqual([readOnly]);
    },
    { policy: withRules([{ roles: [readOnly, admin] }], { default: approval }) },
  );
});

test('a free role that becomes privileged in the meantime needs an approval first', async () => {
  await onSkippedTime(
    async (stage) => {
      const role = await makeRole(stage, 'Deployers');
      const { joiner, approvals, accept } = await join(stage);
      expect(approvals).toEqual([]);
      await role.gain('api_keys_write');
      await accept();
      const { approvals: asked } = await inPhase(stage, 'e-1', 'waitingForApproval');
      expect(asked).toMatchObject([{ state: 'open', privileged: ['Deployers'] }]);
      expect(await rolesOf(stage)).toEqual([]);
      await stage.muster.decide(approve(asked[0]?.approvalId ?? ''), await tokenOf(stage, 'l-1'));
      expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
      expect(await rolesOf(stage)).toEqual(['Deployers']);
    },
    { policy: withRules([{ roles: ['Deployers'] }], { default: approval }) },
  );
});

test('a privileged role that nobody may allow is not assigned, and the outcome says what to set', async () => {
  await onSkippedTime(
    async (stage) => {
      const { joiner, approvals, accept } = await join(stage);
      expect(approvals).toEqual([]);
      await accept();
      const outcome = await outcomeOf(stage, joiner);
      expect(outcome.kind).toBe('partiallyCompleted');
      const detail = expect.stringContaining('approvals.default');
      expect(outcome.parts).toContainEqual({ part: `assign role ${admin}`, result: 'notDone', detail });
      expect(await rolesOf(stage)).toEqual([readOnly]);
    },
    { policy: withRules([{ roles: [readOnly, admin] }]) },
  );
});

test.each(['has left', 'token was revoked'])(
  'the approver’s %s before the assignment: it is asked once more, and the fallback allows it',
  async (what) => {
    await onSkippedTime(
      async (stage) => {
        await makeRole(stage, 'Deployers');
        const { joiner, approvals, accept } = await join(stage);
        const approvalId = approvals[0]?.approvalId ?? '';
        const token = await tokenOf(stage, 'l-1');
        await stage.muster.decide(approve(approvalId), token);
        if (what === 'has left') await knowPerson(stage, 'l-1', lead, 'left');
        else await revokeToken(stage.inventory, token.id, operator);
        // Known before the request is opened again: by then the name has to mean somebody.
        await knowPerson(stage, 'i-1', 'it-lead@example.com');
        await accept();
        const { approvals: asked, refused } = await inPhase(stage, 'e-1', 'waitingForApproval');
        expect(refused).toMatchObject([{ why: expect.stringMatching(/have left|was revoked/) }]);
        expect(asked).toMatchObject([{ approvalId, state: 'open' }]);
        expect(await rolesOf(stage)).toEqual([]);
        const other = what === 'has left' ? await tokenOf(stage, 'i-1') : await tokenOf(stage, 'l-1');
        await stage.muster.decide(approve(approvalId), other);
        expect((await outcomeOf(stage, joiner)).kind).toBe('completed');
        expect(await rolesOf(stage)).toEqual(['Deployers']);
      },
      { policy: withRules([{ roles: ['Deployers'], approval }]) },
    );
  },
);
