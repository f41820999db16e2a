import { UsageError } from '../../workers/usageError.ts';

const dayPattern = /^(\d{4})-(\d\d)-(\d\d)$/;
const instantPattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i;

/** When an event takes effect, as it was typed: an instant, or a day whose beginning depends on a time zone. */
export type Effective =
  | { readonly kind: 'instant'; readonly at: string }
  | { readonly kind: 'day'; readonly day: string };

/** Reads `now`, `2026-01-31` or `2026-01-31T09:00:00Z`. Throws a `UsageError` that names `option`. */
export function readEffective(text: string, now: Date, option = '--effective'): Effective {
  if (text === 'now') return { kind: 'instant', at: now.toISOString() };
  const day = dayPattern.exec(text);
  const instant = instantPattern.exec(text);
  const [, year, month, date] = day ?? instant ?? [];
  if (year !== undefined && isCalendarDay(Number(year), Number(month), Number(date))) {
    if (day !== null) return { kind: 'day', day: text };
    const at = new Date(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
    if (!Number.isNaN(at.getTime())) return { kind: 'instant', at: at.toISOString() };
  }
  throw new UsageError(
    `${option} "${text}" is not a date: give now, a day such as 2026-01-31, or an instant such as 2026-01-31T09:00:00Z`,
  );
}

/** The instant in UTC; a day begins in `timeZone`. */
export function effectiveInstant(effective: Effective, timeZone = 'UTC'): string {
  return effective.kind === 'instant' ? effective.at : startOfDay(effective.day, timeZone).toISOString();
}

function isCalendarDay(year: number, month: number, date: number): boolean {
  // A day that the month does not have runs over into another month.
  const built = new Date(Date.UTC(year, month - 1, date));
  return year >= 1970 && built.getUTCMonth() === month - 1;
}

/** The first instant of that day; where clocks skip midnight, the day begins later. */
function startOfDay(day: string, timeZone: string): Date {
  const midnightUtc = Date.parse(`${day}T00:00:00Z`);
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const quarterMs = 15 * 60_000;
  // Offsets lie between -12 and +14 hours and are whole quarters in our days: 105 steps find the first one.
  for (let at = midnightUtc - 14 * 3_600_000; at <= midnightUtc + 13 * 3_600_000; at += quarterMs) {
    if (clock.format(at).startsWith(day)) return new Date(at);
  }
  // Samoa has no 2011-12-30.
  throw new UsageError(`--effective: there is no ${day} in ${timeZone}`);
}
