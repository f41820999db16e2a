import { describe, expect, test } from '@jest/globals';
import { intakeBounds } from '../../domain/intakeBounds.ts';
import type { HrEvent } from '../../domain/model.ts';
import { openDatabases } from './backends.ts';

const at = '2026-01-05T09:00:40.000Z';
const eventOf = (id: string, more: Partial<HrEvent> = {}): HrEvent => ({
  eventId: id,
  kind: 'updated',
  personId: 'e-1',
  occurredAt: at,
  effectiveAt: at,
  source: 'hr',
  person: { email: 'ada@example.com' },
  ...more,
});

describe.each(await openDatabases())('bounds of the intake in $name', ({ makeFixture }) => {
  test("a flood of one person's events ends at the bound, and a leaver or another source has room", async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const { waitingOfPerson, waitingLeaversOfPerson } = intakeBounds;
    const ids = Array.from({ length: waitingOfPerson }, (_, index) => `x-${index}`);
    for (const id of ids) expect(await inventory.receiveEvent(eventOf(id), at)).toBe('new');
    await expect(inventory.receiveEvent(eventOf('x-more'), at)).rejects.toMatchObject({
      name: 'TooMuchError',
      bound: 'person',
    });
    expect(await inventory.findEvent('x-more')).toBeUndefined();
    // What is on record already stays taken; others are not touched.
    expect(await inventory.receiveEvent(eventOf('x-0'), at)).toBe('known');
    expect(await inventory.receiveEvent(eventOf('y', { personId: 'e-2' }), at)).toBe('new');
    expect(await inventory.receiveEvent(eventOf('z', { source: 'okta' }), at)).toBe('new');
    const leaver = { kind: 'leaver', person: undefined } as const;
    for (let index = 0; index < waitingLeaversOfPerson; index += 1) {
      expect(await inventory.receiveEvent(eventOf(`l-${index}`, { ...leaver, source: 'okta' }), at)).toBe('new');
    }
    await expect(inventory.receiveEvent(eventOf('l-x', { ...leaver, source: 'okta' }), at)).rejects.toThrow(/okta/);
    expect(await inventory.receiveEvent(eventOf('l', leaver), at)).toBe('new');
    expect(await inventory.receiveEvent(eventOf('r', { kind: 'reconcile', person: undefined }), at)).toBe('new');
    // Applied events make room.
    const outcome = { kind: 'completed', parts: [] } as const;
    await inventory.endEvents('e-1', [{ eventId: 'x-0', outcome }], at);
    expect(await inventory.receiveEvent(eventOf('x-more'), at)).toBe('new');
  });

  test("a source's events a minute are bounded, its leavers apart, and the next minute begins anew", async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.receiveEvent(eventOf('first'), at);
    await fixture.query(`update intake_rates set events = ${intakeBounds.eventsAMinute}`);
    await expect(inventory.receiveEvent(eventOf('more', { personId: 'e-2' }), at)).rejects.toMatchObject({
      bound: 'source',
      retryAfterS: 20,
    });
    expect(await inventory.findEvent('more')).toBeUndefined();
    const leaver = eventOf('leaver', { kind: 'leaver', personId: 'e-2', person: undefined });
    expect(await inventory.receiveEvent(leaver, at)).toBe('new');
    expect(await inventory.receiveEvent(eventOf('other', { source: 'okta' }), at)).toBe('new');
    expect(await inventory.receiveEvent(eventOf('more', { personId: 'e-2' }), '2026-01-05T09:01:00.000Z')).toBe('new');
  });

  test('a statement that is too large is not kept', async () => {
    await using fixture = await makeFixture();
    const extra = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`x${index}`, 'y'.repeat(1_000)]));
    const large = eventOf('large', { person: { email: 'ada@example.com', extra } });
    await expect(fixture.inventory.receiveEvent(large, at)).rejects.toMatchObject({ bound: 'statement' });
    expect(await fixture.inventory.findEvent('large')).toBeUndefined();
  });
});
