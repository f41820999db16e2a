import { createRequire } from 'node:module';
import type * as TemporalPolyfill from 'temporal-polyfill';
import { UsageError } from '../../domain/errors.ts';

/**
 * Days as HR means them: local dates (`2026-01-31`) of an IANA time zone. Employment begins with the first minute of the
 * first day, and ends with the last minute of the last working day.
 */

// Loaded when a day is first computed: it takes longer than the rest of the command line's start.
const require = createRequire(import.meta.url);
const plainDate = (day: string) => {
  const { Temporal } = require('temporal-polyfill') as typeof TemporalPolyfill;
  return Temporal.PlainDate.from(day);
};

/** Whether the text is a day that the calendar has. */
export function isLocalDate(text: string): boolean {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return year !== undefined && isCalendarDay(Number(year), Number(month), Number(date));
}

export function isCalendarDay(year: number, month: number, date: number): boolean {
  // A day that the month does not have runs over into another month.
  const built = new Date(Date.UTC(year, month - 1, date));
  return year >= 1970 && built.getUTCMonth() === month - 1;
}

export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format() !== '';
  } catch {
    return false;
  }
}

const isDay = (text: string): boolean => text.length === '2026-01-31'.length;

/** The instant at which something begins that is dated with a day or an instant. */
export const beginningOf = (dayOrInstant: string, timeZone: string): string =>
  (isDay(dayOrInstant) ? startOfDay(dayOrInstant, timeZone) : new Date(dayOrInstant)).toISOString();

/** The instant at which something ends that is dated with a day or an instant. */
export const endOf = (dayOrInstant: string, timeZone: string): string =>
  (isDay(dayOrInstant) ? endOfDay(dayOrInstant, timeZone) : new Date(dayOrInstant)).toISOString();

/** The first instant of that day; where clocks skip midnight, the day begins later. */
export function startOfDay(day: string, timeZone: string): Date {
  const start = plainDate(day).toZonedDateTime(timeZone);
  // Samoa has no 2011-12-30.
  if (start.toPlainDate().toString() !== day) throw new UsageError(`there is no ${day} in ${timeZone}`);
  return new Date(start.epochMilliseconds);
}

/** The instant at which that day is over: the first one of the next day that the zone has. */
export function endOfDay(day: string, timeZone: string): Date {
  return new Date(plainDate(day).add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds);
}
