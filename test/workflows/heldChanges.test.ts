import { expect, test } from '@jest/globals';
import { planOnline } from '../../client/cli/dryRunOnline.ts';
import { decideHeld, heldBatch } from '../../client/operations/held.ts';
import { openDatadog } from '../../datadog/index.ts';
import { repairEvent } from '../../domain/findings/repairs.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { budgetOf } from '../support/changeBudget.ts';
import { employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf, type TestMuster } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';
const standard = 'Datadog Standard Role';
const onePerson = (example: Policy): Policy => ({ ...example, changeBudget: budgetOf(1) });
const moverTo = (department: string, personId: string) => hrEvent('mover', personId, { person: { department } });

const operatorOn = ({ inventory }: TestMuster) => ({
  client: server.client(),
  inventory,
  actor: 'it@example.com',
  proof: 'claimed' as const,
});

/** Somebody else has used up the budget. */
async function useUp(stage: TestMuster, personId: string): Promise<void> {
  await employ(stage, personId, { role: standard });
  const mover = moverTo('Unknown', personId);
  await stage.muster.submitEvent(mover);
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
}

test('of twelve movers to an unknown department five lose their role, and the others only gain', async () => {
  await using stage = await server.startMuster();
  const { muster, inventory } = stage;
  const ids = Array.from({ length: 12 }, (_, index) => `twelve-${index}`);
  const accounts = new Map<string, string>();
  for (const id of ids) accounts.set(id, await employ(stage, id, { role: standard }));
  const rolesOf = async (id: string) => (await readAccount(stage, accounts.get(id) ?? '')).roles.toSorted();
  const movers = ids.map((id) => moverTo('Unknown', id));
  for (const mover of movers) await muster.submitEvent(mover);
  await eventually('seven to be held', async () => (await inventory.listHeld()).length === 7, 60_000);
  const { batch, held } = await heldBatch(inventory);
  expect(held.every(({ kind, urgent }) => kind === 'mover' && !urgent)).toBe(true);
  const kept = held.map(({ personId }) => personId);
  for (const id of kept) {
    const { blocked } = await inPhase(stage, id, 'held');
    expect(blocked?.advice).toContain(`held release ${id}`);
    expect(await rolesOf(id)).toEqual([readOnly, standard]);
  }
  const moved = ids.filter((id) => !kept.includes(id));
  for (const id of moved) {
    await outcomeOf(
      stage,
      movers.find(({ personId }) => personId === id)!,
    );
    expect(await rolesOf(id)).toEqual([readOnly]);
  }

  // Somebody who has to go now goes.
  const gone = await employ(stage, 'twelve-gone', { role: standard });
  const leaver = hrEvent('leaver', 'twelve-gone', { immediate: true });
  await muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  expect(await readAccount(stage, gone)).toMatchObject({ status: 'Disabled', roles: [] });

  const operator = operatorOn(stage);
  const [released = '', rejected = '', ...others] = kept;
  const outcomeFor = (id: string) =>
    outcomeOf(
      stage,
      movers.find(({ personId }) => personId === id)!,
    );
  await decideHeld(operator, { which: { personId: released }, verdict: 'release', reason: 'moved' });
  await decideHeld(operator, { which: { personId: rejected }, verdict: 'reject', reason: 'renamed' });
  expect((await outcomeFor(released)).kind).toBe('completed');
  expect(await rolesOf(released)).toEqual([readOnly]);
  expect((await outcomeFor(rejected)).parts).toContainEqual(
    expect.objectContaining({
      part: `remove role ${standard}`,
      result: 'rejected',
      detail: expect.stringMatching(/renamed/),
    }),
  );
  expect(await rolesOf(rejected)).toEqual([readOnly, standard]);
  expect((await inventory.sparedPeople()).has(rejected)).toBe(true);
  const all = { which: { batch }, verdict: 'release', reason: 'agreed' } as const;
  await expect(decideHeld(operator, all)).rejects.toThrow(/batch has changed/);
  await decideHeld(operator, { ...all, which: { batch: (await heldBatch(inventory)).batch } });
  for (const id of others) expect((await outcomeFor(id)).kind).toBe('completed');
  const evidence = await inventory.listEvidence({ personId: released, limit: 100, offset: 0 });
  expect(evidence.find(({ action }) => action === 'release held mover')).toMatchObject({
    actor: 'it@example.com',
    reason: 'moved',
    after: { verdict: 'release' },
  });
}, 180_000);

test('a new e-mail above the budget is held, and the name changes all the same', async () => {
  await using stage = await server.startMuster({ policy: onePerson });
  await useUp(stage, 'email-first');
  const accountId = await employ(stage, 'email-second');
  const mover = hrEvent('mover', 'email-second', { person: { email: 'other@example.com', name: 'Sam Oak' } });
  await stage.muster.submitEvent(mover);
  await inPhase(stage, 'email-second', 'held');
  const userOf = () => stage.simulator.users().find(({ id }) => id === accountId);
  expect(userOf()).toMatchObject({ name: 'Sam Oak', email: 'email-second@example.com' });
  expect(await stage.inventory.listHeld()).toMatchObject([{ kind: 'email', personId: 'email-second' }]);
  await decideHeld(operatorOn(stage), { which: { personId: 'email-second' }, verdict: 'release', reason: 'married' });
  expect((await outcomeOf(stage, mover)).kind).toBe('completed');
  expect(userOf()).toMatchObject({ email: 'other@example.com' });
});

test('the dry run and observe mode say that a move would be held', async () => {
  await using stage = await server.startMuster({
    policy: (example) => ({ ...onePerson(example), mode: 'observe', changeBudget: budgetOf(0) }),
  });
  const { inventory, policy, simulator } = stage;
  const accountId = await employ(stage, 'said', { role: standard, person: { department: 'Engineering' } });
  const email = 'said.oak@example.com';
  const { apiKey, appKey, url } = simulator;
  await using client = openDatadog({ baseUrl: url, keys: () => ({ apiKey, appKey }) });
  const known = await inventory.findPerson('said');
  const record = { employment: 'employed', accountId, isKnown: true } as const;
  const release = 'wait for release: more than 0 people would lose an account, a role or a team within an hour';
  for (const [change, held] of [
    [{ title: 'Lead' }, false],
    [{ department: 'Unknown' }, true],
    [{ department: 'Engineering', email }, true],
  ] as const) {
    const event = hrEvent('mover', 'said', { person: change });
    const person = { email: 'said@example.com', ...known?.attributes, ...change };
    const plan = await planOnline({ client, inventory, policy, event, record, person });
    expect(plan.heldAbove).toEqual(held ? { limit: 0, within: 'hour' } : undefined);
    await stage.muster.submitEvent(event);
    const { parts } = await outcomeOf(stage, event);
    expect(parts.some(({ part }) => part === release)).toBe(held);
  }
  expect(await inventory.listHeld()).toEqual([]);
});

test('a newer move takes the place of the one that is held', async () => {
  await using stage = await server.startMuster({ policy: onePerson });
  await useUp(stage, 'newer-first');
  const accountId = await employ(stage, 'newer-second', { role: standard });
  await stage.muster.submitEvent(moverTo('Unknown', 'newer-second'));
  await inPhase(stage, 'newer-second', 'held');
  const back = hrEvent('mover', 'newer-second', {
    person: { department: 'Engineering' },
    at: new Date(Date.now() + 1_000),
  });
  await stage.muster.submitEvent(back);
  expect((await outcomeOf(stage, back)).kind).toBe('completed');
  expect(await stage.inventory.listHeld()).toEqual([]);
  expect((await readAccount(stage, accountId)).roles.toSorted()).toEqual([readOnly, standard]);
});

test('a leaver ends a move that is held', async () => {
  await using stage = await server.startMuster({ policy: onePerson });
  await useUp(stage, 'ended-first');
  const accountId = await employ(stage, 'ended-second', { role: standard });
  const mover = moverTo('Unknown', 'ended-second');
  await stage.muster.submitEvent(mover);
  await inPhase(stage, 'ended-second', 'held');
  const leaver = hrEvent('leaver', 'ended-second', { immediate: true });
  await stage.muster.submitEvent(leaver);
  expect((await outcomeOf(stage, leaver)).kind).toBe('completed');
  // It has its turn after the leave, and finds nobody.
  expect((await outcomeOf(stage, mover)).kind).toBe('nothingToDo');
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
  expect(await stage.inventory.listHeld()).toEqual([]);
});

test('what a repair takes away counts too', async () => {
  await using stage = await server.startMuster({ policy: onePerson });
  await useUp(stage, 'repair-first');
  const accountId = await employ(stage, 'repair-second', { role: standard });
  const drift = { personId: 'repair-second', subjects: ['repair-second/role:r'] };
  await stage.muster.submitEvent(repairEvent(drift, 'run-1', new Date().toISOString()));
  await inPhase(stage, 'repair-second', 'held');
  expect(await stage.inventory.listHeld()).toMatchObject([{ kind: 'repair', source: 'sync' }]);
  expect((await readAccount(stage, accountId)).roles).toContain(standard);
});
