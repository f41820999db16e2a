import { describe, expect, test } from '@jest/globals';
import type { RecordedAccess } from '../../../workflows/core/model.ts';
import { openDatabases } from './backends.ts';
import { at, joiner } from './samples.ts';

const budget = { accounts: 5, percent: 5, withinMs: 3_600_000 };
const ask = (number: number, minute = 1) => ({
  personId: `p-${number}`,
  eventId: `leave-${number}`,
  accountId: `a-${number}`,
  at: at(minute),
  budget,
});
const leave = (number: number) =>
  joiner(`leave-${number}`, { kind: 'leaver', personId: `p-${number}`, eventId: `leave-${number}` });
const numbers = Array.from({ length: 60 }, (_, index) => index + 10);
const word = { actor: 'ops@example.com', reason: 'looked at', at: at(5) } as const;

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('of sixty who ask at once, twice each, five are admitted and the others are held', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const number of numbers) await inventory.receiveEvent(leave(number), at(0));
    const rows = await Promise.all([...numbers, ...numbers].map((number) => inventory.admitDisable(ask(number))));
    const admitted = new Set(rows.flatMap(({ state, personId }) => (state === 'admitted' ? [personId] : [])));
    expect(admitted.size).toBe(5);
    expect((await inventory.heldLeavers()).leavers).toHaveLength(55);
  });

  test('who is held stays held when the hour has passed, and a newer leaver is admitted', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const number of numbers.slice(0, 7)) {
      await inventory.receiveEvent(leave(number), at(0));
      await inventory.admitDisable(ask(number));
    }
    const later = at(62);
    expect((await inventory.admitDisable({ ...ask(16), at: later })).state).toBe('held');
    expect((await inventory.admitDisable({ ...ask(70), at: later })).state).toBe('admitted');
  });

  test('a batch is released as it was shown, or not at all', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const number of numbers.slice(0, 8)) {
      await inventory.receiveEvent(leave(number), at(0));
      await inventory.admitDisable(ask(number));
    }
    const shown = await inventory.heldLeavers();
    expect(shown.leavers.map(({ personId }) => personId)).toEqual(['p-15', 'p-16', 'p-17']);
    await inventory.receiveEvent(leave(18), at(0));
    await inventory.admitDisable(ask(18));
    const refused = await inventory.decideBatch(shown.batch, { ...word, verdict: 'release' });
    expect(refused).toMatchObject({ changed: { leavers: { length: 4 } } });
    expect((await inventory.findDisable(ask(15)))?.state).toBe('held');

    expect((await inventory.decideHeld('p-18', { ...word, verdict: 'reject' }))?.state).toBe('rejected');
    expect(await inventory.decideHeld('p-18', { ...word, verdict: 'release' })).toBeUndefined();
    expect(await inventory.decideBatch(shown.batch, { ...word, verdict: 'release' })).toMatchObject({
      leavers: { length: 3 },
    });
    expect(await inventory.findDisable(ask(15))).toMatchObject({
      state: 'released',
      admittedAt: at(5),
      ...{ actor: word.actor },
    });
    expect((await inventory.heldLeavers()).leavers).toEqual([]);
    expect(await inventory.disabledSince(at(5))).toEqual(['a-15', 'a-16', 'a-17']);
  });

  test('a leaver whose event has ended otherwise is held no longer', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    for (const number of numbers.slice(0, 6)) {
      await inventory.receiveEvent(leave(number), at(0));
      await inventory.admitDisable(ask(number));
    }
    const outcome = { kind: 'superseded', parts: [] } as const;
    await inventory.finishProcess({
      personId: 'p-15',
      process: 'offboarding',
      events: [{ eventId: 'leave-15', outcome }],
      lines: {},
      person: { employment: 'employed' },
      at: at(3),
    });
    expect((await inventory.heldLeavers()).leavers).toEqual([]);
  });

  test('what was held is kept as it was when the account was disabled', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const key = { personId: 'p-1', eventId: 'leave-1' };
    const access = (name: string): RecordedAccess => ({ entitlements: [{ kind: 'role', id: name, name }] });
    const row = { ...key, accountId: 'a-1', recordedAt: at(1) };
    await inventory.recordEndedAccess({ ...row, access: access('first') });
    expect(await inventory.lastEndedAccess('p-1')).toBeUndefined();
    await inventory.recordEndedAccess({ ...row, access: access('second') });
    await inventory.markDisabled(key, at(2));
    await inventory.markDisabled(key, at(3));
    await inventory.recordEndedAccess({ ...row, access: { entitlements: [] } });
    const ended = { ...row, access: access('second'), disabledAt: at(2) };
    expect(await inventory.lastEndedAccess('p-1')).toEqual(ended);
    await inventory.markRestored(key, at(4));
    expect(await inventory.lastEndedAccess('p-1')).toEqual({ ...ended, restoredAt: at(4) });
  });

  test('a lease has one holder until it ends or runs out', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const lease = { name: 'administrators', holder: 'one', at: at(1), until: at(2) };
    expect(await inventory.takeLease(lease)).toBe(true);
    expect(await inventory.takeLease({ ...lease, holder: 'two' })).toBe(false);
    expect(await inventory.takeLease(lease)).toBe(true);
    expect(await inventory.takeLease({ ...lease, holder: 'two', at: at(3), until: at(4) })).toBe(true);
    await inventory.endLease('administrators', 'one');
    expect(await inventory.takeLease({ ...lease, at: at(3) })).toBe(false);
    await inventory.endLease('administrators', 'two');
    expect(await inventory.takeLease({ ...lease, at: at(3) })).toBe(true);
  });
});
