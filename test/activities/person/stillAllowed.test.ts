import { expect, test } from '@jest/globals';
import { entitlementKey } from '../../../domain/access/plan.ts';
import type { ResolvedEntitlement } from '../../../domain/model.ts';
import { issueToken, revokeToken } from '../../../auth/tokens.ts';
import { adopt, approval as requested, at, knewAs } from '../../inventory/samples.ts';
import { drive } from '../../datadog/pair.ts';
import { evidenceOf, openWorld, type World } from '../../datadog/world.ts';
import { operator } from '../../support/operators.ts';
import type { ApproverSet, CountedDecision } from '../../../domain/decision.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { Statement } from '../../../auth/attestation.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const given = 'ap-1';
const decision: CountedDecision = {
  decisionId: 'd-1',
  approvalId: 'ap-1',
  verdict: 'approve',
  actor: 'l-1',
  personId: 'l-1',
  proof: 'attested',
};

const wanted = ['Datadog Standard Role', 'Datadog Admin Role'];
const lead: ApproverSet = { people: ['l-1'], manager: false, quorum: 1, fallback: [] };
const onApproval = (policy: Policy): Policy => ({
  ...policy,
  approvals: { ...policy.approvals, acceptClaimed: false },
  rules: [
    { name: 'admins', when: {}, roles: wanted, teams: [], approval: lead },
    { name: 'others', when: {}, roles: ['Datadog Read Only Role'], teams: [], approval: lead },
  ],
});

/** An active account, and an approval by a person who is still there. */
async function openStage({
  privileged,
  rules = ['admins'],
  policy = onApproval,
}: {
  readonly privileged?: readonly string[];
  readonly rules?: readonly string[];
  readonly policy?: (policy: Policy) => Policy;
} = {}) {
  const world = await openWorld({ policy, httpMs: 5_000 });
  const { id } = await world.api().createAccount({ email: 'p-1@example.com' });
  await world.inventory.bindAccount('p-1', id, at(0));
  await know(world, 'l-1');
  await world.tell({ email: 'p-1@example.com' });
  const entitlements = wanted.map((name) => ({ kind: 'role', name }) as const);
  await world.inventory.openApproval(requested({ privileged, rules, entitlements }));
  const assign = (entitlement: ResolvedEntitlement, approvalId?: string) =>
    // Tried again as an activity is: these attempts have a third of a second each.
    drive((attempt) =>
      world.attempt(attempt, (muster) =>
        muster.grant(id, entitlement, { ...because, ...(approvalId ? { approvalId } : {}) }),
      ),
    );
  const roles = async () => (await world.api().getAccount(id))?.roleIds;
  return { world, id, assign, roles, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const know = ({ inventory }: World, personId: string, employment: 'employed' | 'left' = 'employed') =>
  adopt(inventory, { personId, employment, attributes: { email: `${personId}@example.com` } });

/** The approver decides by a token of their own. `change` is what stands on record instead. */
async function record(
  { inventory, keys, attestor }: World,
  change: Partial<CountedDecision> = {},
  { attestation, ...statement }: Partial<Statement> & { readonly attestation?: null } = {},
): Promise<string> {
  const token = await issueToken({ inventory, keys }, { role: 'approver', personId: 'l-1' }, operator);
  await inventory.inTransaction(async (trx) => {
    const row = await trx.findApproval({ personId: 'p-1', approvalId: 'ap-1' });
    if (row === undefined) throw new Error('nothing was requested');
    const { decisionId, approvalId, verdict, actor } = decision;
    const said = { decisionId, approvalId, verdict, actor, workflowId: 'person/p-1', requestedAt: row.requestedAt };
    const signed = await attestor.sign({ ...said, tokenId: token.id, ...statement });
    const made = { ...decision, tokenId: token.id, ...change, at: at(5) };
    const kept = attestation === null ? undefined : signed;
    await trx.recordDecision(row, { decision: made, attestation: kept }, { ...row, state: 'approved' });
  });
  return token.id;
}

test('access that an approver on record approved is assigned, and says so', async () => {
  await using stage = await openStage();
  const { world, assign, roles, id } = stage;
  await record(world);
  expect(await assign(world.role, given)).toEqual({ given: true });
  expect(await roles()).toEqual([world.role.id]);
  expect(await world.inventory.listGrants({ personId: 'p-1', open: true, limit: 9, offset: 0 })).toMatchObject([
    { reason: 'request', because: 'approval ap-1', accountId: id },
  ]);
});

test.each<[string, RegExp, (world: World) => Promise<unknown>]>([
  ['is by somebody who has left since', /have left/, (world) => record(world).then(() => know(world, 'l-1', 'left'))],
  [
    'is the person’s own, under an old e-mail',
    /own access/,
    async (world) => {
      await world.inventory.inTransaction((trx) => trx.unlinkAccount('p-1'));
      await knewAs(world.inventory, 'p-1', 'old@example.com');
      const [user] = world.simulator.users().filter(({ email }) => email === 'p-1@example.com');
      await world.inventory.bindAccount('p-1', user?.id ?? '', at(3));
      const { personId: _none, ...claimed } = decision;
      await record(world, { ...claimed, personId: undefined, actor: 'old@example.com' });
    },
  ],
  [
    'was proven by a token that is revoked',
    /was revoked/,
    async (world) => {
      await revokeToken(world.inventory, await record(world), operator);
    },
  ],
])('a decision that %s assigns nothing', async (_what, why, prepare) => {
  await using stage = await openStage();
  const { world, assign, roles } = stage;
  await prepare(world);
  const lapsed = [{ decisionId: 'd-1', why: expect.stringMatching(why) }];
  expect(await assign(world.role, given)).toEqual({ given: false, because: 'lapsed', lapsed });
  expect(await roles()).toEqual([]);
  expect(await evidenceOf(world)).not.toContain(`grant:${entitlementKey(world.role)}`);
});

test.each<[string, (world: World) => Promise<unknown>]>([
  ['has no decision', async () => undefined],
  ['was rejected', (world) => close(world, 'rejected')],
  ['was withdrawn', (world) => close(world, 'withdrawn')],
])('an approval that %s assigns nothing, whoever names it', async (_what, prepare) => {
  await using stage = await openStage();
  const { world, assign, roles } = stage;
  await prepare(world);
  await expect(assign(world.role, given)).rejects.toMatchObject({ type: 'NotOwed', nonRetryable: true });
  await expect(assign(world.role, 'never heard of')).rejects.toMatchObject({ type: 'NotOwed' });
  expect(await roles()).toEqual([]);
});

test.each<[string, RegExp, (world: World) => Promise<unknown>]>([
  ['whose statement was not kept', /not on record/, (world) => record(world, {}, { attestation: null })],
  ['whose statement is for another request', /another request/, (world) => record(world, {}, { requestedAt: at(0) })],
  [
    'whose statement is for another person',
    /another person/,
    (world) => record(world, {}, { workflowId: 'person/p-2' }),
  ],
  ['whose statement is by another approver', /another actor/, (world) => record(world, { actor: 'l-2' })],
  ['that is only claimed', /only claimed/, (world) => record(world, { proof: 'claimed' }, { attestation: null })],
  [
    'by a token that something else than Muster wrote',
    /no seal/,
    async (world) => {
      const { inventory } = world;
      const row = { role: 'approver', personId: 'l-1', createdAt: at(0), expiresAt: at(50) } as const;
      await inventory.createToken({ id: 't-forged', ...row, hash: 'h', seal: 'c2VhbA' });
      await record(world, { tokenId: 't-forged' }, { tokenId: 't-forged' });
    },
  ],
])('a decision %s counts for nothing, and is a critical finding', async (_what, why, prepare) => {
  await using stage = await openStage();
  const { world, assign, roles } = stage;
  await prepare(world);
  await expect(assign(world.role, given)).rejects.toMatchObject({
    type: 'NotOwed',
    nonRetryable: true,
    message: expect.stringMatching(why),
  });
  expect(await roles()).toEqual([]);
  const filter = { kind: 'writeNotOwed', state: 'open', limit: 9, offset: 0 } as const;
  expect(await world.inventory.listFindings(filter, at(9))).toMatchObject([{ severity: 'critical', personId: 'p-1' }]);
});

test('an approval by the approvers of another rule covers nothing', async () => {
  await using stage = await openStage({ rules: ['others'] });
  const { world, assign, roles } = stage;
  await record(world);
  await expect(assign(world.role, given)).rejects.toThrow('by the rule that was approved');
  expect(await roles()).toEqual([]);
});

const close = ({ inventory }: World, state: 'rejected' | 'withdrawn') =>
  inventory.inTransaction((trx) => trx.closeApproval({ personId: 'p-1', approvalId: 'ap-1' }, state, at(6)));

test.each([
  ['because a rule grants it outright', undefined],
  ['by an approval of it as harmless', []],
  ['by an approval of another role', ['another']],
])('a privileged role is not assigned %s', async (_how, privileged) => {
  const outright = { name: 'outright', when: {}, roles: wanted, teams: [] };
  const policy = (one: Policy) => (privileged === undefined ? { ...one, rules: [outright] } : onApproval(one));
  await using stage = await openStage({ privileged, policy });
  const { world, assign, roles } = stage;
  await record(world);
  expect(world.role.isPrivileged).toBeUndefined();
  const approvalId = privileged === undefined ? undefined : given;
  expect(await assign(await administrator(world), approvalId)).toMatchObject({ given: false, because: 'privileged' });
  expect(await roles()).toEqual([]);
});

test('a privileged role is assigned by an approval of it as privileged', async () => {
  await using stage = await openStage({ privileged: ['Datadog Admin Role'] });
  const { world, assign, roles } = stage;
  await record(world);
  const admin = await administrator(world);
  expect(admin.isPrivileged).toBe(true);
  expect(await assign(admin, given)).toEqual({ given: true });
  expect(await roles()).toEqual([admin.id]);
});

async function administrator(world: World): Promise<ResolvedEntitlement> {
  const [admin] = await world.api().resolve([{ kind: 'role', name: 'Datadog Admin Role' }]);
  if (admin === undefined) throw new Error('not resolved');
  await world.inventory.rememberEntitlementIds([admin], at(0));
  return admin;
}
