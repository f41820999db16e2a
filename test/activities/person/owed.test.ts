import { expect, test } from '@jest/globals';
import { ranksOf } from '../../../domain/facts/ranks.ts';
import { at } from '../../inventory/samples.ts';
import { evidenceOf, openWorld, type PersonActivities, type World } from '../../datadog/world.ts';

const because = { personId: 'p-1', eventId: 'e-1' };
const ada = { email: 'ada@example.com', name: 'Ada Alder' };
const findings = { kind: 'writeNotOwed', state: 'open', limit: 9, offset: 0 } as const;

/** Ada, who is invited; what she would be granted is not held yet. */
async function openStage() {
  const world = await openWorld({ word: ada, httpMs: 30_000 });
  const { id } = await world.attempt(1, (muster) => muster.createAccount(because));
  await world.attempt(1, (muster) => muster.sendInvitation(id, because, 1));
  world.simulator.requests.reset();
  const opened = () => world.inventory.listFindings(findings, new Date().toISOString());
  const written = () => world.simulator.requests.list().filter(({ method }) => method !== 'GET');
  return { ...world, id, opened, written };
}

type Stage = Awaited<ReturnType<typeof openStage>>;
type Forgery = (muster: PersonActivities, stage: Stage) => Promise<unknown>;

const adminRole = async ({ api }: World) => {
  const [admin] = await api().resolve([{ kind: 'role', name: 'Datadog Admin Role' }]);
  if (admin === undefined) throw new Error('not resolved');
  return admin;
};

test.each<[string, Forgery, (stage: Stage) => Promise<unknown>]>([
  [
    'a role that no rule grants',
    async (muster, stage) => muster.grant(stage.id, await adminRole(stage), because),
    async () => undefined,
  ],
  [
    'a role under the name of another',
    async (muster, stage) => muster.grant(stage.id, { ...(await adminRole(stage)), name: stage.role.name }, because),
    async () => undefined,
  ],
  [
    'a role for an event that is not on record',
    (muster, { id, role }) => muster.grant(id, role, { ...because, eventId: 'made-up' }),
    async () => undefined,
  ],
  ['a role for an event that has ended', (muster, { id, role }) => muster.grant(id, role, because), finish],
  ['a disabling without a leaver', (muster, { id }) => muster.disableAccount(id, because), async () => undefined],
  [
    'a removal of what the policy grants',
    (muster, { id, role }) => muster.revoke(id, role, because),
    ({ attempt, id, role, simulator }) =>
      attempt(1, (muster) => muster.grant(id, role, because)).then(() => simulator.requests.reset()),
  ],
  [
    'an enabling of what somebody else disabled',
    (muster, { id }) => muster.enableAccount(id, because),
    async ({ id, simulator }) => simulator.disable(id),
  ],
  [
    'a further invitation for an event that has ended',
    (muster, { id }) => muster.sendInvitation(id, because, 2),
    finish,
  ],
])('%s is not written: it is evident, and a critical finding', async (_what, forge, prepare) => {
  await using stage = await openStage();
  await prepare(stage);
  await expect(stage.attempt(1, (muster) => forge(muster, stage))).rejects.toMatchObject({
    type: 'NotOwed',
    nonRetryable: true,
  });
  expect(stage.written()).toEqual([]);
  expect((await evidenceOf(stage)).filter((step) => step.startsWith('refuse:'))).toHaveLength(1);
  expect(await stage.opened()).toMatchObject([{ severity: 'critical', personId: 'p-1', name: 'p-1' }]);
  expect(await stage.inventory.listOpenWrites('p-1')).toEqual([]);
});

async function finish({ inventory, policy }: Stage): Promise<void> {
  const events = [{ eventId: 'e-1', outcome: { kind: 'completed', parts: [] } }] as const;
  const carriedOut = { eventId: 'e-1', employment: 'employed' } as const;
  const end = { personId: 'p-1', process: 'onboarding', carriedOut, events, at: new Date().toISOString() } as const;
  await inventory.finishProcess(end, ranksOf(policy));
}

test('a role that somebody else granted is not recorded as Muster’s by a forged call', async () => {
  await using stage = await openStage();
  const admin = await adminRole(stage);
  await stage.api().assign(stage.id, admin);
  await expect(stage.attempt(1, (muster) => muster.grant(stage.id, admin, because))).rejects.toMatchObject({
    type: 'NotOwed',
  });
  expect(await stage.inventory.listGrants({ personId: 'p-1', open: true, limit: 9, offset: 0 })).toEqual([]);
});

test('what an account held is kept for a leave of its own person alone', async () => {
  await using stage = await openStage();
  const { id, inventory, role } = stage;
  await stage.api().assign(id, role);
  await stage.attempt(1, (muster) => muster.readLastHoldings(because, id));
  expect(await inventory.findAccessBefore('p-1')).toBeUndefined();
  const { id: other } = await stage.api().createAccount({ email: 'another@example.com' });
  await stage.leave(other);
  expect(await inventory.findAccessBefore('p-1')).toBeUndefined();
  const leave = await stage.leave(id);
  expect(await inventory.findAccessBefore('p-1')).toMatchObject({ accountId: id, eventId: leave.eventId });
});

test('a grant that a leaver has just overtaken is refused without an alarm', async () => {
  await using stage = await openStage();
  await stage.leave();
  await expect(stage.attempt(1, (muster) => muster.grant(stage.id, stage.role, because))).rejects.toThrow('has left');
  expect(await stage.opened()).toEqual([]);
  expect((await evidenceOf(stage)).filter((step) => step.startsWith('refuse:'))).toEqual([]);
});

test('a flood of forged calls leaves a bounded trace', async () => {
  await using stage = await openStage();
  for (let count = 0; count < 30; count += 1) {
    const forged = { ...because, eventId: `made-up-${count}` };
    const call = stage.attempt(1, (muster) => muster.grant(stage.id, stage.role, forged));
    await expect(call).rejects.toMatchObject({ type: 'NotOwed' });
  }
  expect((await evidenceOf(stage)).filter((step) => step.startsWith('refuse:'))).toHaveLength(20);
  expect(await stage.opened()).toHaveLength(1);
});

test('the e-mail of somebody else on record is given to nobody’s account', async () => {
  await using stage = await openStage();
  const { inventory, id } = stage;
  const attributes = { email: 'lead@example.com' };
  await inventory.inTransaction((trx) =>
    trx.adoptPerson({ personId: 'lead', employment: 'employed', attributes, at: at(0) }),
  );
  await stage.tell({ ...ada, email: 'lead@example.com' });
  const rename = stage.attempt(1, (muster) => muster.updateAccount(id, ['email'], because));
  await expect(rename).rejects.toThrow('person lead');
  expect(stage.written()).toEqual([]);
});

test('an invitation is not cancelled while it may be accepted, and that raises no alarm', async () => {
  await using world = await openWorld({ httpMs: 30_000 });
  const now = new Date().toISOString();
  const hired = { eventId: 'e-1', kind: 'joiner', personId: 'p-1', source: 'hr', person: ada } as const;
  await world.inventory.receiveEvent({ ...hired, occurredAt: now, effectiveAt: now }, now);
  const { id } = await world.attempt(1, (muster) => muster.createAccount(because));
  await world.attempt(1, (muster) => muster.sendInvitation(id, because, 1));
  const cancel = world.attempt(1, (muster) => muster.cancelInvitations(id, because));
  await expect(cancel).rejects.toThrow('time to accept');
  expect(world.simulator.requests.count('DELETE', `/api/v2/users/${id}/invitations`)).toBe(0);
  expect(await world.inventory.listFindings(findings, new Date().toISOString())).toEqual([]);
});

test('refused calls about people who are made up leave no trace that could grow', async () => {
  await using stage = await openStage();
  for (const personId of ['made-up-1', 'made-up-2']) {
    const forged = { ...because, personId };
    const call = stage.attempt(1, (muster) => muster.cancelInvitations(stage.id, forged));
    await expect(call).rejects.toMatchObject({ type: 'NotOwed' });
  }
  const links = await stage.inventory.listEvidence({ limit: 100, offset: 0 });
  expect(links.filter(({ step }) => step.startsWith('refuse:'))).toEqual([]);
});
