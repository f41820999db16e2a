import { createRequire } from 'node:module';
import { dayMs } from '../../domain/durations.ts';
import type * as TemporalPolyfill from 'temporal-polyfill';

/**
 * Days as HR means them: local dates (`2026-01-31`) of an IANA time zone. Employment begins with the first minute of the
 * first day, and ends with the last minute of the last working day.
 */

// Loaded when a day is first computed: it takes longer than the rest of the command line's start.
const require = createRequire(import.meta.url);
const temporal = () => (require('temporal-polyfill') as typeof TemporalPolyfill).Temporal;
const plainDate = (day: string) => temporal().PlainDate.from(day);

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

const timeZones = new Set<string>();

export function isTimeZone(text: string): boolean {
  // A format takes a hundred kilobytes and a millisecond: too much for each row of a roster.
  if (timeZones.has(text)) return true;
  try {
    const isOne = new Intl.DateTimeFormat('en', { timeZone: text }).format() !== '';
    if (isOne) timeZones.add(text);
    return isOne;
  } catch {
    return false;
  }
}

/** Of a day or an instant. */
export const isDay = (text: string): boolean => text.length === '2026-01-31'.length;

/** The instant at which something begins that is dated with a day or an instant. */
export const beginningOf = (dayOrInstant: string, timeZone: string): string =>
  (isDay(dayOrInstant) ? startOfDay(dayOrInstant, timeZone) : new Date(dayOrInstant)).toISOString();

/** The instant at which something ends that is dated with a day or an instant. */
export const endOf = (dayOrInstant: string, timeZone: string): string =>
  (isDay(dayOrInstant) ? endOfDay(dayOrInstant, timeZone) : new Date(dayOrInstant)).toISOString();

/** The first instant of that day. Where clocks skip midnight, or the whole day, it is the zone's next one. */
export function startOfDay(day: string, timeZone: string): Date {
  const key = `${day} ${timeZone}`;
  const known = starts.get(key);
  if (known !== undefined) return new Date(known);
  const start = plainDate(day).toZonedDateTime(timeZone).epochMilliseconds;
  if (starts.size >= 10_000) starts.clear();
  starts.set(key, start);
  return new Date(start);
}

/** Most rows of a roster begin and end on a few days. */
const starts = new Map<string, number>();

/** The instant at which that day is over: the first one of the next day that the zone has. */
export function endOfDay(day: string, timeZone: string): Date {
  return startOfDay(dayAfter(day), timeZone);
}

/** The instant at which clocks show `2026-01-31T09:00:00`: the first one where they show it twice, the next one where they skip it. */
export function localInstant(dateTime: string, timeZone: string): Date {
  const local = temporal().PlainDateTime.from(dateTime);
  const at = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const isSkipped = !at.toPlainDateTime().equals(local);
  const found = (isSkipped ? at.getTimeZoneTransition('next') : undefined) ?? at;
  return new Date(found.epochMilliseconds);
}

/** The next day of the calendar. */
export const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
