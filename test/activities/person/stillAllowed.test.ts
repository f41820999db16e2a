import { expect, test } from '@jest/globals';
import { entitlementKey } from '../../../domain/access/plan.ts';
import type { ResolvedEntitlement } from '../../../domain/model.ts';
import { issueToken, revokeToken } from '../../../auth/tokens.ts';
import { approval as requested, at } from '../../inventory/samples.ts';
import { drive } from '../../datadog/pair.ts';
import { evidenceOf, openWorld, type World } from '../../datadog/world.ts';
import { operator } from '../../support/operators.ts';
import type { CountedDecision, GrantedApproval } from '../../../domain/decision.ts';

const because = { personId: 'p-1', eventId: 'e-1', reason: 'approval ap-1', actor: 'l-1' };
const given: GrantedApproval = { approvalId: 'ap-1', quorum: 1, decisionIds: ['d-1'], privileged: [] };
const decision: CountedDecision = {
  decisionId: 'd-1',
  approvalId: 'ap-1',
  verdict: 'approve',
  actor: 'l-1',
  personId: 'l-1',
  proof: 'attested',
};

/** An active account, and an approval by a person who is still there. */
async function openStage() {
  const world = await openWorld();
  const { id } = await world.api().createAccount({ email: 'p-1@example.com' });
  await world.inventory.bindAccount('p-1', id, at(0));
  await know(world, 'l-1');
  await world.inventory.openApproval(requested());
  const assign = (entitlement: ResolvedEntitlement, approval?: GrantedApproval) =>
    // Tried again as an activity is: these attempts have a third of a second each.
    drive((attempt) =>
      world.attempt(attempt, (muster) =>
        muster.grant(id, entitlement, { ...because, ...(approval ? { approval } : {}) }),
      ),
    );
  const roles = async () => (await world.api().getAccount(id))?.roleIds;
  return { world, id, assign, roles, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const know = (world: World, personId: string, employment: 'employed' | 'left' = 'employed', minute = 1) =>
  world.inventory.finishProcess({
    personId,
    process: 'roleChange',
    events: [],
    lines: {},
    person: { employment, attributes: { email: `${personId}@example.com` } },
    at: at(minute),
  });

const record = (world: World, change: Partial<CountedDecision> = {}) =>
  world.inventory.recordDecision('p-1', { ...decision, ...change, at: at(5) });

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
  ['is not on record', /not on record/, async () => undefined],
  ['was a rejection', /not on record/, (world) => record(world, { verdict: 'reject' })],
  ['was about another request', /not on record/, (world) => record(world, { approvalId: 'ap-2' })],
  [
    'is by somebody who has left since',
    /have left/,
    (world) => record(world).then(() => know(world, 'l-1', 'left', 9)),
  ],
  [
    'is the person’s own, under an old e-mail',
    /own access/,
    async (world) => {
      await world.inventory.finishProcess({
        personId: 'p-1',
        process: 'roleChange',
        events: [],
        lines: {},
        person: { employment: 'employed', attributes: { email: 'old@example.com' } },
        at: at(2),
      });
      await know(world, 'p-1', 'employed', 3);
      const { personId: _none, ...claimed } = decision;
      await world.inventory.recordDecision('p-1', { ...claimed, actor: 'old@example.com', at: at(5) });
    },
  ],
  [
    'was proven by a token that is revoked',
    /was revoked/,
    async (world) => {
      const { id: tokenId } = await issueToken(world.inventory, { role: 'approver', personId: 'l-1' }, operator);
      await record(world, { tokenId });
      await revokeToken(world.inventory, tokenId, operator);
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

test('a privileged role is assigned only by an approval of it as privileged', async () => {
  await using stage = await openStage();
  const { world, assign, roles } = stage;
  await record(world);
  const [admin] = await world.api().resolve([{ kind: 'role', name: 'Datadog Admin Role' }]);
  if (admin === undefined) throw new Error('not resolved');
  expect(admin.isPrivileged).toBe(true);
  expect(world.role.isPrivileged).toBeUndefined();
  for (const approval of [undefined, given, { ...given, privileged: ['another'] }]) {
    expect(await assign(admin, approval)).toMatchObject({ given: false, because: 'privileged' });
  }
  expect(await roles()).toEqual([]);
  expect(await assign(admin, { ...given, privileged: [admin.name] })).toEqual({ given: true });
  expect(await roles()).toEqual([admin.id]);
});
