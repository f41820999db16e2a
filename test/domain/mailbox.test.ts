import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chooseEvent, dueAt, foldLines, isHire, isEndedBy, processOf, settle } from '../../domain/mailbox.ts';
import type { Employment, EventKind, HrEvent, MailboxEvent, PersonRecord } from '../../domain/model.ts';

const day = 24 * 3600_000;
const epoch = Date.parse('2026-01-01T00:00:00Z');
const times = { leadMs: 7 * day };
const at = (days: number): string => new Date(epoch + days * day).toISOString();

function event(kind: EventKind, occurred: number, effective: number, more: Partial<HrEvent> = {}): HrEvent {
  return {
    eventId: `${kind}-${occurred}-${effective}`,
    kind,
    personId: 'p1',
    occurredAt: at(occurred),
    effectiveAt: at(effective),
    source: 'test',
    ...(isHire({ kind }) || kind === 'mover'
      ? { person: { email: 'ann@example.com', department: `${kind}-${occurred}` } }
      : {}),
    ...more,
  };
}

const emptyRecord: PersonRecord = { personId: 'p1', previousEmails: [], employment: 'unknown', lines: {} };

describe('settling', () => {
  test('a repeated eventId counts once, and one applied before does not count at all', () => {
    const joiner = event('joiner', 1, 10);
    const { waiting, dropped } = settle([joiner, { ...joiner, occurredAt: at(3) }], emptyRecord);
    expect(waiting).toEqual([joiner]);
    expect(dropped.map(({ kind }) => kind)).toEqual(['duplicate']);
    expect(settle([joiner], emptyRecord, [joiner.eventId]).waiting).toEqual([]);
  });

  test('an event older than the newest applied one of its line is stale', () => {
    const record = { lines: { employment: { occurredAt: at(5), eventId: 'x' } } };
    expect(settle([event('leaver', 4, 4)], record).dropped.map(({ kind }) => kind)).toEqual(['stale']);
  });

  test('a mover never makes a leaver stale', () => {
    const record = { lines: { attributes: { occurredAt: at(40), eventId: 'mover' } } };
    const leaver = event('leaver', 10, 10);
    expect(settle([leaver], record).waiting).toEqual([leaver]);
  });

  test('a newer date replaces an unapplied one', () => {
    const [first, second] = [event('leaver', 1, 10), event('leaver', 2, 20)];
    expect(settle([second, first], emptyRecord).waiting).toEqual([second]);
  });

  test('a rescinded leave withdraws the leaver that waits', () => {
    const [leaver, rescinded] = [event('leaver', 1, 10), event('leaverRescinded', 2, 2)];
    expect(settle([leaver, rescinded], emptyRecord).waiting).toEqual([rescinded]);
  });

  test('the end of a contract does not cancel its start', () => {
    const [joiner, leaver] = [event('joiner', 1, 10), event('leaver', 2, 100)];
    expect(settle([leaver, joiner], emptyRecord).waiting).toEqual([leaver, joiner]);
  });

  test('a withdrawn hire cancels the joiner', () => {
    const [joiner, leaver] = [event('joiner', 1, 10), event('leaver', 2, 10)];
    expect(settle([joiner, leaver], emptyRecord).waiting).toEqual([leaver]);
  });
});

describe("HR's whole record", () => {
  test('joins a person who is not employed, and changes one who is', () => {
    const updated = event('updated', 3, -400);
    expect(processOf(updated, 'unknown')).toBe('onboarding');
    expect(processOf(updated, 'left')).toBe('onboarding');
    expect(processOf(updated, 'employed')).toBe('roleChange');
  });

  test('withdraws an older leave that waits, and leaves its own', () => {
    const [leaver, updated] = [event('leaver', 1, 30), event('updated', 2, -400)];
    expect(settle([leaver, updated], emptyRecord).waiting).toEqual([updated]);
    const own = event('leaver', 2, 30, { eventId: `${updated.eventId}:leave` });
    expect(settle([own, updated, leaver], emptyRecord).waiting).toEqual([own, updated]);
  });
});

describe('choosing', () => {
  test('a joiner is due its lead time before the first day, a leaver on its date or at once', () => {
    expect(dueAt(event('joiner', 1, 10), times)).toBe(epoch + 3 * day);
    expect(dueAt(event('leaver', 1, 10), times)).toBe(epoch + 10 * day);
    expect(dueAt(event('leaver', 1, 10, { immediate: true }), times)).toBe(0);
  });

  test('due events are taken by effective date, then by when they were recorded', () => {
    const [late, early] = [event('mover', 1, 5), event('leaver', 2, 4)];
    expect(chooseEvent([late, early], times, epoch + 6 * day)).toMatchObject({ state: 'due', event: early });
    const [second, first] = [event('mover', 2, 4), event('leaver', 1, 4)];
    expect(chooseEvent([second, first], times, epoch + 6 * day)).toMatchObject({ state: 'due', event: first });
  });

  test('a reconcile is dropped while another event is due, and goes ahead of one that is not', () => {
    const [reconcile, mover] = [event('reconcile', 1, 1), event('mover', 2, 5)];
    const due = chooseEvent([reconcile, mover], times, epoch + 6 * day);
    expect(due).toMatchObject({ state: 'due', event: mover, dropped: [{ event: reconcile, kind: 'superseded' }] });
    expect(chooseEvent([reconcile, mover], times, epoch + 4 * day)).toMatchObject({ state: 'due', event: reconcile });
  });

  test('with nothing due, returns what comes first and when', () => {
    const [leaver, mover] = [event('leaver', 1, 20), event('mover', 2, 15)];
    expect(chooseEvent([leaver, mover], times, epoch)).toEqual({ state: 'later', event: mover, at: epoch + 15 * day });
    expect(chooseEvent([], times, epoch)).toEqual({ state: 'empty' });
  });
});

/**
 * A person's life as the runs would live it: events are delivered in some order at some moments; in between, whatever is
 * due is applied. The end state must not depend on any of it.
 */
function live(deliveries: readonly { event: HrEvent; at: number }[]): Employment {
  let { employment, lines }: Pick<PersonRecord, 'employment' | 'lines'> = { employment: 'unknown', lines: {} };
  let waiting: readonly MailboxEvent[] = [];
  const applied: string[] = [];
  const receive = (events: readonly MailboxEvent[]): void => {
    const settled = settle([...waiting, ...events], { lines }, applied);
    waiting = settled.waiting;
    for (const { event, kind } of settled.dropped) if (kind !== 'duplicate') applied.push(event.eventId);
  };
  const advance = (until: number): void => {
    for (;;) {
      const choice = chooseEvent(waiting, times, until);
      if (choice.state !== 'due') return;
      const { event, dropped } = choice;
      const type = processOf(event, employment);
      lines = foldLines(lines, event);
      if (type === 'onboarding') employment = 'employed';
      if (type === 'offboarding') employment = 'left';
      applied.push(event.eventId, ...dropped.map((one) => one.event.eventId));
      waiting = waiting.filter((one) => one !== event && !dropped.some((gone) => gone.event === one));
      receive([]);
    }
  };
  for (const delivery of deliveries.toSorted((a, b) => a.at - b.at)) {
    advance(delivery.at);
    receive([delivery.event]);
  }
  advance(Number.POSITIVE_INFINITY);
  return employment;
}

const facts = fc
  .uniqueArray(
    fc.record({
      kind: fc.constantFrom<EventKind>('joiner', 'updated', 'mover', 'leaver', 'leaverRescinded'),
      occurred: fc.integer({ min: 0, max: 60 }),
      effective: fc.integer({ min: 0, max: 90 }),
    }),
    { selector: ({ occurred }) => occurred, maxLength: 7 },
  )
  .map((list) => list.map(({ kind, occurred, effective }) => event(kind, occurred, effective)));

test('any order and any moment of delivery ends in the same state, duplicates included', () => {
  fc.assert(
    fc.property(
      facts,
      fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 14, maxLength: 14 }),
      fc.array(fc.nat({ max: 6 }), { maxLength: 4 }),
      (events, moments, repeats) => {
        const momentOf = (index: number) => epoch + (moments[index] ?? 0) * day;
        const scattered = [
          ...events.map((one, index) => ({ event: one, at: momentOf(index) })),
          ...repeats.flatMap((repeat, index) => {
            const one = events[repeat];
            return one === undefined ? [] : [{ event: one, at: momentOf(7 + index) }];
          }),
        ];
        const inOrder = events
          .toSorted((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt))
          .map((one) => ({ event: one, at: epoch }));
        expect(live(scattered)).toEqual(live(inOrder));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the end state is what the newest word of each line says', () => {
  fc.assert(
    fc.property(facts, (events) => {
      const newest = events
        .filter(({ kind }) => kind !== 'mover')
        .toSorted((a, b) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt))[0];
      const expected = newest === undefined ? 'unknown' : newest.kind === 'leaver' ? 'left' : 'employed';
      expect(live(events.map((one) => ({ event: one, at: epoch })))).toBe(expected);
    }),
  );
});

describe('pre-emption', () => {
  test('a newer leaver ends a joiner; a rehire that is newer than the leaver goes on after it', () => {
    expect(isEndedBy(event('joiner', 1, 10), event('leaver', 2, 5))).toBe(true);
    expect(isEndedBy(event('joiner', 3, 10), event('leaver', 2, 5))).toBe(false);
    expect(isEndedBy(event('mover', 1, 10), event('leaver', 2, 5))).toBe(false);
  });
});
