import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { effectiveInstant, lastInstant, readEffective, readTime } from '../../../client/cli/dates.ts';
import { UsageError } from '../../../domain/errors.ts';

const now = new Date('2026-01-15T12:34:56.789Z');
const read = (text: string, timeZone?: string) => effectiveInstant(readEffective(text, now), timeZone);

test('now is the moment of the command', () => {
  expect(read('now')).toBe('2026-01-15T12:34:56.789Z');
});

test.each([
  ['2026-01-31', undefined, '2026-01-31T00:00:00.000Z'],
  ['2026-01-31', 'Europe/Berlin', '2026-01-30T23:00:00.000Z'],
  ['2026-07-31', 'Europe/Berlin', '2026-07-30T22:00:00.000Z'],
  ['2026-01-31', 'America/Los_Angeles', '2026-01-31T08:00:00.000Z'],
  ['2026-01-31', 'Asia/Kathmandu', '2026-01-30T18:15:00.000Z'],
  ['2026-01-31', 'Pacific/Kiritimati', '2026-01-30T10:00:00.000Z'],
  // Clocks in Cairo went from 23:59:59 to 01:00:00 that night.
  ['2024-04-26', 'Africa/Cairo', '2024-04-25T22:00:00.000Z'],
])('the day %s begins in %s at %s', (day, timeZone, instant) => {
  expect(read(day, timeZone)).toBe(instant);
});

test('a day begins at the first instant that has its date in that time zone', () => {
  const zones = fc.constantFrom('UTC', 'Africa/Cairo', 'America/St_Johns', 'Asia/Beirut', 'Pacific/Chatham');
  const days = fc.date({ min: new Date('2000-01-01'), max: new Date('2037-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(zones, days, (timeZone, date) => {
      const day = date.toISOString().slice(0, 10);
      const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
      const at = Date.parse(read(day, timeZone));
      expect(clock.format(at)).toBe(day);
      expect(clock.format(at - 1) < day).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['2026-01-31T09:00:00Z', '2026-01-31T09:00:00.000Z'],
  ['2026-01-31T09:00Z', '2026-01-31T09:00:00.000Z'],
  ['2026-01-31T09:00:00+02:00', '2026-01-31T07:00:00.000Z'],
  ['2026-01-31T09:00:00-0330', '2026-01-31T12:30:00.000Z'],
])('the instant %s is %s, whatever the time zone', (text, instant) => {
  expect(read(text, 'Asia/Tokyo')).toBe(instant);
});

test.each([
  ['tomorrow'],
  [''],
  ['2026-02-30'],
  ['2026-13-01'],
  ['2026-1-31'],
  ['31.01.2026'],
  ['2026-02-30T09:00:00Z'],
  ['2026-01-31T25:00:00Z'],
  ['1769850000'],
  ['9999-12-31'],
  ['0000-00-00'],
])('"%s" is refused with an example of each form', (text) => {
  expect(() => read(text)).toThrow(UsageError);
  expect(() => read(text)).toThrow(/^--effective .*now.*2026-01-31.*2026-01-31T09:00:00Z/);
});

test('a time without a zone is read in the time zone, and a midnight is a day in any offset', () => {
  expect(read('2026-01-31 09:00', 'Asia/Tokyo')).toBe('2026-01-31T00:00:00.000Z');
  expect(read('2026-01-31T00:00:00+01:00', 'Asia/Tokyo')).toBe('2026-01-30T15:00:00.000Z');
  expect(lastInstant(readEffective('2026-01-31T00:00:00Z', now), 'Asia/Tokyo')).toBe('2026-01-31T15:00:00.000Z');
});

test('a day that a time zone never had is the next one that it has', () => {
  expect(read('2011-12-30', 'Pacific/Apia')).toBe('2011-12-30T10:00:00.000Z');
});

test('the end of a token or of a muted finding is an instant: midnight is no day', () => {
  expect(readTime('2026-01-31T00:00:00+01:00', now, '--until')).toBe('2026-01-30T23:00:00.000Z');
  expect(readTime('2026-01-31', now, '--until')).toBe('2026-01-31T00:00:00.000Z');
  expect(readTime('now', now, '--until')).toBe('2026-01-15T12:34:56.789Z');
  expect(() => readTime('9999-12-31', now, '--until')).toThrow(/^--until "9999-12-31" is not a date/);
  expect(() => readTime('', now, '--until')).toThrow('--until "" is not a date');
});
