import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readDate, readInstant } from '../../../client/intake/dates.ts';
import { UsageError } from '../../../domain/errors.ts';

const berlin = { timeZone: 'Europe/Berlin' };
const days = fc
  .date({ min: new Date('1901-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const offsets = fc
  .tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 14 }), fc.constantFrom('00', '30', '45'))
  .map(([sign, hours, minutes]) => ({ sign, hours: String(hours).padStart(2, '0'), minutes }));
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Africa/Cairo', 'America/St_Johns', 'Pacific/Apia');

test.each(['', ' ', 'null', 'N/A', '-', '0', '0000-00-00', '00000000', '0000-00-00 00:00:00', 0])(
  'no date is said by %j',
  (text) => expect(readDate(text, berlin)).toEqual({ kind: 'none' }),
);

test.each(['1900-01-01', '1900-01-01T00:00:00', '1899-12-31T23:00:00Z', '0001-01-01T00:00:00', '1899-12-30'])(
  'what a database holds for nothing, %s, is no date',
  (text) => {
    expect(readDate(text, berlin)).toEqual({ kind: 'none' });
    expect(readInstant(text, berlin)).toBeUndefined();
  },
);

test.each([
  '9999-12-31',
  '2999-12-31',
  '4712-12-31',
  '99991231',
  '9999-12-31T23:59:59',
  '9999-12-30T23:00:00Z',
  '2999-12-31T00:00:00.000+01:00',
  '/Date(253402214400000)/',
])('%s is no end, and no instant that has been', (text) => {
  expect(readDate(text, berlin)).toEqual({ kind: 'open' });
  expect(() => readInstant(text, berlin)).toThrow(UsageError);
});

test('a midnight is the day that is written, in whatever offset and form', () => {
  const separators = fc.constantFrom('T', ' ', 't', '  ');
  const midnights = fc.constantFrom('00:00', '00:00:00', '00:00:00.0', '00:00:00,000000');
  fc.assert(
    fc.property(days, separators, midnights, offsets, (day, separator, midnight, { sign, hours, minutes }) => {
      fc.pre(day !== '1900-01-01');
      const start = `${day}${separator}${midnight}`;
      const colon = `${sign}${hours}:${minutes}`;
      for (const text of [day, ` ${day} `, day.replaceAll('-', ''), start, `${start}Z`, `${start} UTC`]) {
        expect(readDate(text, berlin)).toEqual({ kind: 'day', day });
      }
      for (const text of [`${day}${colon}`, `${start}${colon}`, `${start}${colon.replace(':', '')}`]) {
        expect(readDate(text, berlin)).toEqual({ kind: 'day', day });
      }
    }),
  );
});

test('an instant is the same one in whatever offset it is written', () => {
  const instants = fc.date({ min: new Date('1902-01-01'), max: new Date('2198-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, offsets, zones, (date, { sign, hours, minutes }, timeZone) => {
      const shift = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
      const local = new Date(date.getTime() + shift * 60_000).toISOString().slice(0, -1);
      fc.pre(!local.endsWith('T00:00:00.000'));
      const at = date.toISOString();
      for (const text of [
        `${local}${sign}${hours}:${minutes}`,
        `${local.replace('T', ' ')}${sign}${hours}${minutes}`,
      ]) {
        expect(readDate(text, { timeZone })).toEqual({ kind: 'instant', at });
        expect(readInstant(text, { timeZone })).toBe(at);
      }
    }),
  );
});

test('a time without a zone is what clocks show in the zone, or the first instant after a gap', () => {
  const minutes = fc.integer({ min: 1, max: 24 * 60 - 1 });
  fc.assert(
    fc.property(days, minutes, zones, (day, minute, timeZone) => {
      const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
      const read = readDate(`${day} ${time}`, { timeZone });
      if (read.kind !== 'instant') throw new Error('a time is an instant');
      const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
      const shown = clock.format(Date.parse(read.at));
      const before = clock.format(Date.parse(read.at) - 1);
      expect(shown === `${day} ${time}` || (shown > `${day} ${time}` && before < `${day} ${time}`)).toBe(true);
    }),
  );
});

test.each([
  ['2026-11-28T09:30:00', '2026-11-28T08:30:00.000Z'],
  ['2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
  ['2026-11-28', '2026-11-27T23:00:00.000Z'],
  ['2026-11-28T00:00:00Z', '2026-11-28T00:00:00.000Z'],
  ['1764288000', '2025-11-28T00:00:00.000Z'],
  [1_764_288_000_123, '2025-11-28T00:00:00.123Z'],
])('%s happened at %s', (text, at) => {
  expect(readInstant(text, berlin)).toBe(at);
});

test('a number in a date is since 1970, and a count of days as spreadsheets keep it is refused', () => {
  expect(readDate(1_764_288_000, berlin)).toEqual({ kind: 'day', day: '2025-11-28' });
  expect(readDate('/Date(1764291600000+0000)/', berlin)).toEqual({ kind: 'instant', at: '2025-11-28T01:00:00.000Z' });
  expect(() => readDate(46_022, berlin)).toThrow('its form is 99999');
  expect(() => readDate('1764288000', berlin)).toThrow(UsageError);
});

test.each([
  ['31.12.2026', 'its form is 99.99.9999'],
  ['12/31/2026', 'its form is 99/99/9999'],
  ['31-Dec-2026', 'its form is 99-aaa-9999'],
  ['tomorrow', 'must be a day such as 2026-01-31'],
  ['2026-1-31', 'must be a day such as 2026-01-31'],
  ['2026-11-28T24:00:00Z', 'must be a day such as 2026-01-31'],
  ['2026-11-28T09:00:00+99:00', 'must have an offset'],
  ['2026-02-30', 'must be a day that the calendar has'],
  ['2026-02-30T09:00:00Z', 'must be a day that the calendar has'],
  ['3026-01-31', 'must have a year from 1901 to 2199'],
])('%s is refused: %s', (text, why) => {
  expect(() => readDate(text, berlin)).toThrow(why);
});

test('a sender who says which number is the day may write dates with dots and slashes', () => {
  const dayFirst = { ...berlin, dates: 'dayFirst' } as const;
  const monthFirst = { ...berlin, dates: 'monthFirst' } as const;
  expect(readDate('3.4.2026', dayFirst)).toEqual({ kind: 'day', day: '2026-04-03' });
  expect(readDate('03/04/2026', monthFirst)).toEqual({ kind: 'day', day: '2026-03-04' });
  expect(readDate('31.12.9999', dayFirst)).toEqual({ kind: 'open' });
  expect(readDate('12/31/2026 09:30', monthFirst)).toEqual({ kind: 'instant', at: '2026-12-31T08:30:00.000Z' });
  expect(readDate('2026-12-31', monthFirst)).toEqual({ kind: 'day', day: '2026-12-31' });
  for (const [text, style] of [
    ['31/12/2026', monthFirst],
    ['12.31.2026', dayFirst],
    ['3.4.26', dayFirst],
    ['3/4.2026', dayFirst],
  ] as const) {
    expect(() => readDate(text, style)).toThrow(UsageError);
  }
});

test('any other text is refused in words that do not repeat it', () => {
  const own = /2026-01-31(T09:00:00Z)?|1901|2199|9999-12-31|01:00/g;
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.double()), (given) => {
      expect((refusalOf(given) ?? '').replace(own, '')).not.toMatch(/[0-8]/);
    }),
    { numRuns: 1_000 },
  );
});

/** Any other error is passed on. */
function refusalOf(given: string | number): string | undefined {
  try {
    readDate(given, berlin);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
