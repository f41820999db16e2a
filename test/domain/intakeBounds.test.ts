import { expect, test } from '@jest/globals';
import {
  intakeBounds,
  isBounded,
  requirePersonRoom,
  requireSmall,
  requireSourceRoom,
} from '../../domain/intakeBounds.ts';
import type { HrEvent } from '../../domain/model.ts';

const at = '2026-01-05T09:00:40.000Z';
const event: HrEvent = {
  eventId: 'hr:1',
  kind: 'mover',
  personId: 'e-1',
  occurredAt: at,
  effectiveAt: at,
  source: 'hr',
};
const extras = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 'y'] as const));

test('a statement is bounded by what is stored of it, in bytes', () => {
  const most = intakeBounds.statementBytes;
  expect(() => requireSmall(event, 'x'.repeat(most))).not.toThrow();
  expect(() => requireSmall(event, 'x'.repeat(most + 1))).toThrow(/e-1: a statement holds at most 65536 bytes/);
  expect(() => requireSmall(event, 'ü'.repeat(most / 2 + 1))).toThrow(/bytes/);
});

test('a statement is bounded in attributes, and groups do not count', () => {
  const email = 'ada@example.com';
  const groups = Array.from({ length: 200 }, (_, index) => `g${index}`);
  const small = { ...event, person: { email, extra: { ...extras(99), groups } } };
  expect(() => requireSmall(small, '')).not.toThrow();
  const large = { ...event, person: { email, extra: extras(100) } };
  expect(() => requireSmall(large, '')).toThrow(/at most 100 attributes, not 101/);
});

test('a leaver has room where nothing else has, until too many leavers wait', () => {
  const leaver = { ...event, kind: 'leaver' } as const;
  expect(() => requirePersonRoom(event, 99)).not.toThrow();
  expect(() => requirePersonRoom(event, 100)).toThrow(/e-1: 100 events of hr wait/);
  expect(() => requirePersonRoom(leaver, 19)).not.toThrow();
  expect(() => requirePersonRoom(leaver, 20)).toThrow(/20 events of hr wait/);
});

test('a source above its share is told to come back in the next minute', () => {
  const most = intakeBounds.eventsAMinute;
  expect(() => requireSourceRoom(event, most, new Date(at))).not.toThrow();
  expect(() => requireSourceRoom(event, most + 1, new Date(at))).toThrow(
    expect.objectContaining({ name: 'TooMuchError', bound: 'source', retryAfterS: 20 }),
  );
});

test("Muster's own wish to compare somebody again is not bounded", () => {
  expect(isBounded({ kind: 'reconcile' })).toBe(false);
  expect(isBounded({ kind: 'leaver' })).toBe(true);
});
