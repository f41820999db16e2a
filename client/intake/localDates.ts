import { UsageError } from '../../domain/errors.ts';

/**
 * Days as HR means them: local dates (`2026-01-31`) of an IANA time zone. Employment begins with the first minute of the
 * first day, and ends with the last minute of the last working day.
 */

const dayPattern = /^(\d{4})-(\d\d)-(\d\d)$/;

/** Whether the text is a day that the calendar has. */
export function isLocalDate(text: string): boolean {
  const [, year, month, date] = dayPattern.exec(text) ?? [];
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

/** The first instant of that day; where clocks skip midnight, the day begins later. */
export function startOfDay(day: string, timeZone: string): Date {
  const midnightUtc = Date.parse(`${day}T00:00:00Z`);
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const quarterMs = 15 * 60_000;
  // Offsets lie between -12 and +14 hours and are whole quarters in our days: 105 steps find the first one.
  for (let at = midnightUtc - 14 * 3_600_000; at <= midnightUtc + 13 * 3_600_000; at += quarterMs) {
    if (clock.format(at).startsWith(day)) return new Date(at);
  }
  // Samoa has no 2011-12-30.
  throw new UsageError(`there is no ${day} in ${timeZone}`);
}

/** The instant at which that day is over: the first one of the next day that the zone has. */
export function endOfDay(day: string, timeZone: string): Date {
  const next = (offset: number): string =>
    new Date(Date.parse(`${day}T00:00:00Z`) + offset * 86_400_000).toISOString().slice(0, 10);
  try {
    return startOfDay(next(1), timeZone);
  } catch {
    return startOfDay(next(2), timeZone);
  }
}
