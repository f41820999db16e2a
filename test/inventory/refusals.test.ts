import { describe, expect, test } from '@jest/globals';
import { openInventory as openWith } from '../../inventory/index.ts';
import type { RefusedItem } from '../../inventory/port/refusals.ts';
import { newSigner } from '../support/inventory.ts';
import { openDatabases } from './backends.ts';

const at = (minute: number): string => `2026-01-05T09:0${minute}:00.000Z`;
const item: RefusedItem = {
  source: 'hr',
  way: 'webhook',
  ref: 'hr:m-1:0',
  externalId: 'e-1',
  kind: 'mover',
  reason: 'data.personId: must be an id',
  payload: { data: { email: 'ada@example.com' } },
};
const decision = { at: at(5), by: 'it@example.com' } as const;

describe.each(await openDatabases())('refusals in $name', ({ makeFixture }) => {
  test('the same item is one row, which counts it once for each place where it stood', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const [id, same, other] = await inventory.refuseItems([item, item, { ...item, payload: 'other' }], at(0));
    expect(same).toBe(id);
    expect(other).not.toBe(id);
    await inventory.refuseItem(item, at(1));
    expect(await inventory.findRefusal(id ?? '')).toMatchObject({ times: 1, lastAt: at(0), state: 'open' });
    await inventory.refuseItem({ ...item, ref: 'hr:m-2:0' }, at(2));
    expect(await inventory.findRefusal(id ?? '')).toMatchObject({ times: 2, firstAt: at(0), lastAt: at(2) });
    expect(await inventory.openRefusals()).toEqual([
      { source: 'hr', way: 'webhook', leaving: 0, others: 2, since: at(0) },
    ]);
  });

  test('what was said is sealed: the database does not hold it, and another key does not open it', async () => {
    await using fixture = await makeFixture();
    const id = await fixture.inventory.refuseItem(item, at(0));
    expect(await fixture.inventory.refusedPayload(id)).toEqual(item.payload);
    const rows = JSON.stringify(await fixture.query('select * from refusals'));
    expect(rows).toContain('data.personId');
    expect(rows).not.toContain('ada@example.com');
    await using thief = await openWith(fixture.location, newSigner());
    await expect(thief.refusedPayload(id)).rejects.toThrow('sealed by another key');
    await fixture.query("update refusals set refusal_id = 'moved'");
    await expect(fixture.inventory.refusedPayload('moved')).rejects.toThrow('or altered');
  });

  test('a payload is forgotten, and what was refused and why is kept', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const id = await inventory.refuseItem(item, at(0));
    await inventory.forgetRefusedPayloads(at(0));
    expect(await inventory.refusedPayload(id)).toEqual(item.payload);
    await inventory.forgetRefusedPayloads(at(1));
    expect(await inventory.refusedPayload(id)).toBeUndefined();
    expect(await inventory.findRefusal(id)).toMatchObject({ reason: item.reason, state: 'open' });
  });

  test.each([
    ['mover', 'dropped', 'dropped'],
    ['leaver', 'dropped', 'open'],
    [undefined, 'dropped', 'open'],
    ['mover', 'retried', 'open'],
    ['mover', 'corrected', 'open'],
  ] as const)('a %s that was %s and comes again is %s', async (kind, state, then) => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const id = await inventory.refuseItem({ ...item, kind }, at(0));
    expect(await inventory.decideRefusal(id, { ...decision, state, why: 'a mistake' })).toMatchObject({ state });
    expect(await inventory.decideRefusal(id, { ...decision, state })).toBeUndefined();
    expect(await inventory.openRefusals()).toEqual([]);
    await inventory.refuseItem({ ...item, kind, ref: 'hr:m-2:0' }, at(6));
    expect(await inventory.findRefusal(id)).toMatchObject({ state: then, times: 2 });
  });

  test('what was corrected is open when it comes again from there, and what was retried is not', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const [state, then] of [
      ['corrected', 'open'],
      ['retried', 'retried'],
    ] as const) {
      const id = await inventory.refuseItem({ ...item, ref: state, payload: state }, at(0));
      await inventory.decideRefusal(id, { ...decision, state });
      await inventory.refuseItem({ ...item, ref: state, payload: state }, at(6));
      expect(await inventory.listRefusals({ ref: state, way: 'webhook', limit: 9, offset: 0 })).toMatchObject([
        { refusalId: id, state: then },
      ]);
    }
    const open = await inventory.listRefusals({ state: 'open', limit: 9, offset: 0 });
    expect(open.map(({ ref }) => ref)).toEqual(['corrected']);
  });

  test('people are told of each refusal once, and again when it opens anew', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const id = await inventory.refuseItem({ ...item, kind: 'leaver' }, at(0));
    const told = [{ source: 'hr', way: 'webhook', leaving: 1, others: 0, since: at(0) }];
    expect(await inventory.takeUntoldRefusals(at(1))).toEqual(told);
    expect(await inventory.takeUntoldRefusals(at(2))).toEqual([]);
    await inventory.decideRefusal(id, { ...decision, state: 'retried' });
    await inventory.refuseItem({ ...item, kind: 'leaver', ref: 'hr:m-2:0' }, at(6));
    expect(await inventory.takeUntoldRefusals(at(7))).toEqual(told);
  });
});
