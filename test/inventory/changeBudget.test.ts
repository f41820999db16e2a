import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { budgetWindows, type ChangeBudget } from '../../domain/access/changeBudget.ts';
import { repairEvent } from '../../domain/findings/repairs.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { budgetOf, removalOf } from '../support/changeBudget.ts';
import { openInventory } from '../support/inventory.ts';
import { openDatabases } from './backends.ts';
import { adopt, at, completed, joiner } from './samples.ts';

const hour = budgetWindows.hour;
const later = (ms: number): string => new Date(Date.parse(at(0)) + ms).toISOString();
/** One event of one person, each by itself. */
const of = (personId: string, more: Partial<Removal> = {}): Removal =>
  removalOf({ eventId: `${personId}:${more.at ?? ''}${more.kind ?? ''}`, personId, at: at(1), ...more });
const byLead = { actor: 'lead@example.com', reason: 'agreed', at: at(30) } as const;

/** As an intake has it, so that it can be held. */
async function ask(inventory: Inventory, removal: Removal, budget: ChangeBudget) {
  await inventory.receiveEvent(joiner(removal.eventId, { personId: removal.personId, kind: 'mover' }), removal.at);
  return inventory.admitRemoval(removal, budget);
}
const heldIds = async (inventory: Inventory) => (await inventory.listHeld()).map(({ eventId }) => eventId);

describe.each(await openDatabases())('the change budget in $name', ({ makeFixture }) => {
  test('people above the budget are held, whatever takes something away, until an hour has passed', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const budget = { ...budgetOf(2), day: { atLeast: 99, percent: 0 } };
    expect(await ask(inventory, of('p-1'), budget)).toEqual({ state: 'admitted' });
    expect(await ask(inventory, of('p-2', { kind: 'mover', source: 'okta' }), budget)).toEqual({ state: 'admitted' });
    const email = of('p-3', { kind: 'email' });
    const held = { state: 'held', above: { limit: 2, within: 'hour' } };
    expect(await ask(inventory, email, budget)).toEqual(held);
    // Asked again, also when there is room, the result is the same.
    expect(await inventory.admitRemoval({ ...email, at: later(3 * hour) }, budget)).toEqual(held);
    expect(await inventory.listHeld()).toEqual([
      expect.objectContaining({ personId: 'p-3', kind: 'email', source: 'hr', urgent: false, askedAt: at(1) }),
    ]);
    expect(await inventory.listHeld({ kind: 'leaver' })).toEqual([]);
    expect(await ask(inventory, of('p-4', { at: later(2 * hour) }), budget)).toEqual({ state: 'admitted' });
  });

  test('a person counts once, however much they lose', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const [index, kind] of (['email', 'mover', 'repair', 'leaver'] as const).entries()) {
      expect(await ask(inventory, of('p-1', { kind, at: at(index) }), budgetOf(2))).toEqual({ state: 'admitted' });
    }
    expect(await ask(inventory, of('p-2'), budgetOf(2))).toEqual({ state: 'admitted' });
    expect(await ask(inventory, of('p-3'), budgetOf(2))).toMatchObject({ state: 'held' });
  });

  test('a day has a limit of its own, and so has each source', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const many = { atLeast: 99, percent: 0 };
    const budget = { hour: many, day: { atLeast: 2, percent: 0 }, perSource: budgetOf(1) };
    expect(await ask(inventory, of('p-1'), budget)).toEqual({ state: 'admitted' });
    expect(await ask(inventory, of('p-2'), budget)).toEqual({
      state: 'held',
      above: { limit: 1, within: 'hour', source: 'hr' },
    });
    const other = { source: 'okta', at: later(5 * hour) };
    expect(await ask(inventory, of('p-3', other), budget)).toEqual({ state: 'admitted' });
    expect(await ask(inventory, of('p-4', { source: 'scim', at: later(23 * hour) }), budget)).toEqual({
      state: 'held',
      above: { limit: 2, within: 'day' },
    });
  });

  test('an urgent leaver goes while other changes are held, and urgent ones have a bound too', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const movers = ['p-1', 'p-2', 'p-3'].map((personId) => of(personId, { kind: 'mover' }));
    for (const mover of movers) await ask(inventory, mover, budgetOf(1));
    expect(await heldIds(inventory)).toHaveLength(2);
    const urgent = (personId: string) => ask(inventory, of(personId, { urgent: true }), budgetOf(1));
    expect(await urgent('p-4')).toEqual({ state: 'admitted' });
    expect(await urgent('p-5')).toMatchObject({ state: 'held' });
  });

  test('the share counts people who have an account and have not left', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const half = { atLeast: 1, percent: 50 };
    const budget = { hour: half, day: half };
    for (const personId of ['p-1', 'p-2', 'p-3', 'p-4']) {
      await adopt(inventory, { personId, employment: 'employed', attributes: { email: `${personId}@example.com` } });
      await inventory.bindAccount(personId, `a-${personId}`, at(0));
    }
    const ends = ['p-1', 'p-2', 'p-3'].map((personId) => of(personId));
    const states = [];
    for (const end of ends) states.push((await ask(inventory, end, budget)).state);
    expect(states).toEqual(['admitted', 'admitted', 'held']);
  });

  test('what was released or rejected stays so, counts, and authorizes exactly its own person', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const [released, rejected, mover] = [of('p-1'), of('p-2'), of('p-2', { kind: 'mover', at: at(2) })];
    for (const removal of [released, rejected, mover]) await ask(inventory, removal, budgetOf(0));
    const { eventId } = released;
    expect(await inventory.isAdmitted({ eventId, personId: 'p-1' })).toBe(false);
    await inventory.releaseHeld({ personId: 'p-1' }, { verdict: 'release', ...byLead });
    await inventory.releaseHeld({ personId: 'p-2', kind: 'leaver' }, { verdict: 'reject', ...byLead });
    expect(await inventory.admitRemoval(released, budgetOf(0))).toEqual({ state: 'admitted' });
    expect(await inventory.isAdmitted({ eventId, personId: 'p-1' })).toBe(true);
    expect(await inventory.isAdmitted({ eventId, personId: 'p-2' })).toBe(false);
    expect(await inventory.admitRemoval(rejected, budgetOf(9))).toEqual({
      state: 'rejected',
      actor: 'lead@example.com',
      reason: 'agreed',
    });
    expect(await inventory.isAdmitted(rejected)).toBe(false);
    expect(await heldIds(inventory)).toEqual([mover.eventId]);
    expect(await ask(inventory, of('p-3', { at: at(31) }), budgetOf(1))).toMatchObject({ state: 'held' });
  });

  test('a batch is released as it was shown, and what has ended is no longer held', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const [one, two, three] = ['p-1', 'p-2', 'p-3'].map((personId) => of(personId)) as [Removal, Removal, Removal];
    for (const removal of [one, two, three]) await ask(inventory, removal, budgetOf(0));
    await inventory.endEvents('p-3', [{ eventId: three.eventId, outcome: completed }], at(2));
    const release = (eventIds: readonly string[]) =>
      inventory.releaseHeld({ eventIds }, { verdict: 'release', ...byLead });
    expect(await release([one.eventId])).toEqual({ released: [], hasChanged: true });
    expect(await heldIds(inventory)).toHaveLength(2);
    expect((await release([two.eventId, one.eventId])).released).toHaveLength(2);
    expect(await heldIds(inventory)).toEqual([]);
  });

  test('a person whose loss was rejected is spared until something else is asked', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const personId of ['p-1', 'p-2']) await ask(inventory, of(personId, { kind: 'mover' }), budgetOf(0));
    await inventory.releaseHeld({ personId: 'p-1' }, { verdict: 'reject', ...byLead });
    await inventory.releaseHeld({ personId: 'p-2' }, { verdict: 'release', ...byLead });
    expect(await inventory.sparedPeople()).toEqual(new Set(['p-1']));
    await ask(inventory, of('p-1', { kind: 'mover', at: at(40) }), budgetOf(9));
    expect(await inventory.sparedPeople()).toEqual(new Set());
  });

  test('repairs of an allowed batch go as it was allowed, those of others within the budget', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const people = [{ personId: 'p-1', subjects: ['p-1/role:r-1'] }];
    await inventory.openQuarantine({ batchId: 'b-1', runId: 'r-1', openedAt: at(0), budget: 0, people });
    const repair = (personId: string, batchId: string) => {
      const { eventId } = repairEvent({ personId, subjects: [] }, batchId, at(1));
      return inventory.admitRemoval(removalOf({ eventId, personId, kind: 'repair', source: 'sync' }), budgetOf(0));
    };
    await inventory.inTransaction((trx) =>
      trx.decideQuarantine('b-1', { state: 'allowed', at: at(1), by: 'lead@example.com' }),
    );
    expect(await repair('p-1', 'b-1')).toEqual({ state: 'admitted' });
    expect(await repair('p-2', 'b-1')).toMatchObject({ state: 'held' });
    expect(await repair('p-1', 'r-1')).toMatchObject({ state: 'held' });
  });

  test('what is only observed or previewed holds nothing, and counts for nothing that is done', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.observeRemoval(of('p-1'), budgetOf(1))).toEqual({ state: 'admitted' });
    expect(await inventory.observeRemoval(of('p-2'), budgetOf(1))).toMatchObject({ state: 'held' });
    expect(await inventory.previewRemoval(of('p-3'), budgetOf(1))).toEqual({ state: 'admitted' });
    expect(await heldIds(inventory)).toEqual([]);
    expect(await inventory.isAdmitted(of('p-1'))).toBe(false);
    expect(await ask(inventory, of('p-2'), budgetOf(1))).toEqual({ state: 'admitted' });
  });
});

const removals = fc.array(
  fc.record({
    personId: fc.integer({ min: 1, max: 9 }).map((n) => `p-${n}`),
    source: fc.constantFrom('hr', 'okta'),
    urgent: fc.boolean(),
    minute: fc.integer({ min: 0, max: 1_800 }),
  }),
  { maxLength: 40 },
);

test('in no hour and no day more people lose something than the budget says, in whatever order', async () => {
  const budget = {
    hour: { atLeast: 2, percent: 0 },
    day: { atLeast: 4, percent: 0 },
    perSource: { hour: { atLeast: 1, percent: 0 }, day: { atLeast: 3, percent: 0 } },
  };
  await fc.assert(
    fc.asyncProperty(removals, async (asked) => {
      await using inventory = await openInventory({ file: ':memory:' });
      const admitted: Removal[] = [];
      for (const [index, { minute, ...one }] of asked.entries()) {
        const removal = removalOf({ ...one, eventId: `e-${index}`, at: later(minute * 60_000) });
        if ((await inventory.admitRemoval(removal, budget)).state === 'admitted') admitted.push(removal);
      }
      for (const within of ['hour', 'day'] as const) {
        for (const first of admitted) {
          const begin = Date.parse(first.at);
          const inWindow = admitted.filter(
            (one) =>
              one.at >= first.at && Date.parse(one.at) < begin + budgetWindows[within] && one.urgent === first.urgent,
          );
          const people = (some: readonly Removal[]) => new Set(some.map(({ personId }) => personId)).size;
          expect(people(inWindow)).toBeLessThanOrEqual(budget[within].atLeast);
          const ofSource = inWindow.filter(({ source }) => source === first.source);
          expect(people(ofSource)).toBeLessThanOrEqual(budget.perSource[within].atLeast);
        }
      }
    }),
    { numRuns: 20 },
  );
});
