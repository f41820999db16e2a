import { endOfDay, isCalendarDay, startOfDay } from '../intake/localDates.ts';
import { UsageError } from '../../domain/errors.ts';

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

/** The instant in UTC; a day is over in `timeZone`. */
export function lastInstant(effective: Effective, timeZone = 'UTC'): string {
  return effective.kind === 'instant' ? effective.at : endOfDay(effective.day, timeZone).toISOString();
}
