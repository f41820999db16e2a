import { expect, test } from '@jest/globals';
import { employmentAfter, whyNotEnded } from '../../domain/endings.ts';
import type { Employment, HrEvent, OutcomeKind } from '../../domain/model.ts';

const nowMs = Date.parse('2026-06-15T12:00:00.000Z');
const day = 24 * 3_600_000;
const inDays = (days: number): string => new Date(nowMs + days * day).toISOString();
const event = (kind: HrEvent['kind'], change: Partial<HrEvent> = {}): HrEvent => ({
  ...{ eventId: 'e-1', kind, personId: 'p-1', source: 'hr' },
  ...{ occurredAt: inDays(-2), effectiveAt: inDays(-1) },
  ...change,
});
const newer = { eventId: 'e-2', occurredAt: inDays(-1) };
const older = { eventId: 'e-0', occurredAt: inDays(-3) };
const why = (one: HrEvent, outcome: OutcomeKind, others = [newer]) =>
  whyNotEnded(one, outcome, { others, times: { leadMs: 7 * day }, nowMs });

test.each<[string, HrEvent, OutcomeKind]>([
  ['a leaver that was carried out', event('leaver'), 'completed'],
  ['a joiner within the lead time', event('joiner', { effectiveAt: inDays(6) }), 'completed'],
  ['an immediate leaver', event('leaver', { effectiveAt: inDays(6), immediate: true }), 'completed'],
  ['a withdrawn event of the future', event('leaver', { effectiveAt: inDays(6) }), 'cancelled'],
  ['a superseded event of the future', event('leaver', { effectiveAt: inDays(6) }), 'superseded'],
  ['an event whose record HR refuses', event('updated', { effectiveAt: inDays(60), fetchId: 'x' }), 'failed'],
  ['an event that another source outranks', event('leaver', { effectiveAt: inDays(6) }), 'outranked'],
])('%s may end so', (_what, one, outcome) => {
  expect(why(one, outcome)).toBeUndefined();
});

test('a retry that another event makes needless has ended, though it is the newest', () => {
  expect(why(event('reconcile'), 'superseded', [older])).toBeUndefined();
});

test.each<OutcomeKind>(['completed', 'partiallyCompleted', 'nothingToDo', 'notAccepted', 'observed', 'failed'])(
  'an event of the future has not ended as %s',
  (outcome) => {
    for (const kind of ['leaver', 'mover', 'leaverRescinded'] as const) {
      expect(why(event(kind, { effectiveAt: inDays(1) }), outcome)).toMatch(/not due yet/);
    }
    expect(why(event('joiner', { effectiveAt: inDays(8) }), outcome)).toMatch(/not due yet/);
  },
);

test.each<OutcomeKind>(['superseded', 'stale'])('an event that nothing newer replaces is not %s', (outcome) => {
  expect(why(event('leaver'), outcome, [older])).toMatch(/nothing newer/);
});

const all: readonly Employment[] = ['unknown', 'joining', 'employed', 'left'];

test('nobody leaves but by a leaver, and nobody is hired by one', () => {
  for (const before of all) {
    for (const kind of ['joiner', 'updated', 'mover', 'leaverRescinded', 'reconcile'] as const) {
      expect(employmentAfter(event(kind), before, 'left')).toBe(before);
    }
    for (const said of ['joining', 'employed'] as const) {
      expect(employmentAfter(event('leaver'), before, said)).toBe(before);
    }
    expect(employmentAfter(event('leaver'), before, 'left')).toBe('left');
    expect(employmentAfter(event('joiner'), before, 'employed')).toBe('employed');
  }
});

test('a change of attributes, or a retry, brings nobody back, and makes nobody join anew', () => {
  for (const kind of ['mover', 'reconcile'] as const) {
    expect(employmentAfter(event(kind), 'left', 'employed')).toBe('left');
    expect(employmentAfter(event(kind), 'employed', 'joining')).toBe('employed');
    expect(employmentAfter(event(kind), 'joining', 'employed')).toBe('employed');
  }
});
