import { expect, test } from '@jest/globals';
import { endOfDay, isLocalDate, isTimeZone, localInstant, startOfDay } from '../../../client/intake/localDates.ts';

test.each([
  ['2026-03-31', 'UTC', '2026-03-31T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
  ['2026-01-31', 'Asia/Tokyo', '2026-01-30T15:00:00.000Z', '2026-01-31T15:00:00.000Z'],
  ['2026-06-30', 'America/Los_Angeles', '2026-06-30T07:00:00.000Z', '2026-07-01T07:00:00.000Z'],
  // The day on which clocks go forward has 23 hours.
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
  // Beirut skips the first hour of this day.
  ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00:00.000Z', '2026-03-29T21:00:00.000Z'],
  // So did Sao Paulo: its clocks went from 23:59:59 to 01:00:00 that night.
  ['2018-11-03', 'America/Sao_Paulo', '2018-11-03T03:00:00.000Z', '2018-11-04T03:00:00.000Z'],
  ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
  // The day on which clocks go back has 25 hours; this one has its first hour twice.
  ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
  // Samoa has no 2011-12-30: the next instant is the next day's first.
  ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-30T10:00:00.000Z'],
  ['2011-12-29', 'Pacific/Apia', '2011-12-29T10:00:00.000Z', '2011-12-30T10:00:00.000Z'],
])('%s in %s begins at %s and ends at %s', (day, zone, begins, ends) => {
  expect(startOfDay(day, zone).toISOString()).toBe(begins);
  expect(endOfDay(day, zone).toISOString()).toBe(ends);
});

test('a day that the calendar does not have is not a day', () => {
  expect(isLocalDate('2026-02-30')).toBe(false);
  expect(isLocalDate('31.01.2026')).toBe(false);
  expect(isLocalDate('2028-02-29')).toBe(true);
  expect(isTimeZone('Mars/Olympus')).toBe(false);
});

test.each([
  ['2026-01-31T09:00:00', 'Europe/Berlin', '2026-01-31T08:00:00.000Z'],
  // Clocks go from 01:59:59 to 03:00:00.
  ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
  ['2011-12-30T12:00:00', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  // They show this time twice.
  ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
])('clocks show %s in %s at %s', (dateTime, zone, at) => {
  expect(localInstant(dateTime, zone).toISOString()).toBe(at);
});
