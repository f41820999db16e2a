import type { Policy } from '../../domain/policy/rules.ts';
import type { DateOrder, Source } from '../../domain/policy/sources.ts';
import { UsageError } from '../../domain/errors.ts';
import { isTimeZone, localInstant } from './localDates.ts';

/**
 * The one grammar of HR's dates, for every way in. HR systems have words for "no date" and for "for ever", write a day as a
 * midnight, and leave out time zones. What is not surely one of these is refused: nothing is guessed.
 */

export type HrDate =
  /** No date: an empty text, `0000-00-00`, `1900-01-01`. */
  | { readonly kind: 'none' }
  /** No end is planned: `9999-12-31`, `2999-12-31`. */
  | { readonly kind: 'open' }
  /** `2026-01-31`: a day of the calendar in the person's time zone. */
  | { readonly kind: 'day'; readonly day: string }
  /** In UTC, such as `2026-01-31T09:00:00.000Z`. */
  | { readonly kind: 'instant'; readonly at: string };

/** How a sender writes dates. */
export interface DateStyle {
  /** A time that is written without a zone is read in it. */
  readonly timeZone: string;
  /** Which of the numbers in 03/04/2026 is the day; absent: such a date is refused. */
  readonly dates?: DateOrder | undefined;
}

/** A date as it is written. `offset` is `Z`, or such as `+01:00`; absent where none is written. */
interface Written {
  readonly kind: 'written';
  readonly day: string;
  /** `09:00:00.000`. */
  readonly time?: string;
  readonly offset?: string;
}

/** How this source writes them. */
export const styleOf = (
  { timeZone, dates }: Pick<Source, 'timeZone' | 'dates'>,
  { defaultTimeZone }: Pick<Policy, 'defaultTimeZone'>,
): DateStyle => ({ timeZone: timeZone ?? defaultTimeZone, dates });

const noDate: readonly string[] = ['', 'null', 'nil', 'none', 'n/a', 'undefined', '-'];
/** What databases and spreadsheets hold where nothing was entered; the day before is the same one in UTC. */
const emptyDays: readonly string[] = ['1753-01-01', '1899-12-30', '1899-12-31', '1900-01-01'];
/** The last years of calendars in HR systems and their databases. */
const lastYears: readonly string[] = ['2999', '4712', '9999'];
const years = { first: 1901, last: 2199 } as const;

const written =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<date>\d\d)(?:(?:T| +)(?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d)(?::(?<second>[0-5]\d)(?:[.,](?<fraction>\d{1,12}))?)?)?(?: ?(?<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?$/i;

/**
 * A date of HR. A midnight is a day, in whatever offset it is written. Throws a `UsageError` that says what a date must be,
 * without the date itself: it continues the name of a field.
 */
export function readDate(given: string | number, style: DateStyle): HrDate {
  const read = parse(given, style);
  if (read.kind !== 'written') return read;
  const isMidnight = read.time === undefined || /^[0:.]+$/.test(read.time);
  return isMidnight ? { kind: 'day', day: read.day } : { kind: 'instant', at: instantIn(read, style) };
}

/**
 * The instant at which something happened, such as a change in HR; `undefined` where none is said. Midnight is midnight here,
 * a day begins in the sender's zone, and digits are seconds or milliseconds since 1970. Throws a `UsageError` as `readDate` does.
 */
export function readInstant(given: string | number, style: DateStyle): string | undefined {
  const isNumber = typeof given === 'string' && /^\s*\d{9,14}\s*$/.test(given);
  const read = parse(isNumber ? Number(given) : given, style);
  if (read.kind === 'open') throw new UsageError(`must be an instant that has been: ${wanted}`);
  return read.kind === 'none' ? undefined : instantIn(read, style);
}

/** The day or the instant; `undefined` for no date and for no end. */
export function whenOf(date: HrDate): string | undefined {
  if (date.kind === 'day') return date.day;
  return date.kind === 'instant' ? date.at : undefined;
}

const wanted = 'a day such as 2026-01-31, or an instant such as 2026-01-31T09:00:00Z';

function parse(given: string | number, { dates }: DateStyle): Written | Exclude<HrDate, { kind: 'day' | 'instant' }> {
  const text = typeof given === 'number' ? sinceEpoch(given) : given.trim();
  if (noDate.includes(text.toLowerCase()) || /^0[0-]*$/.test(text)) return { kind: 'none' };
  const parts = written.exec(plainOf(text, dates))?.groups;
  if (parts === undefined) throw notDate(text);
  const { year = '', month, date, hour, minute, second = '00', fraction = '', zone } = parts;
  const day = `${year}-${month}-${date}`;
  if (year === '0000' || day === '0001-01-01' || emptyDays.includes(day)) return { kind: 'none' };
  if (!isOfCalendar(day)) throw new UsageError('must be a day that the calendar has');
  // Midnight of the last day is the evening before in UTC.
  if (lastYears.includes(year) && /-12-3[01]$/.test(day)) return { kind: 'open' };
  if (Number(year) < years.first || Number(year) > years.last) {
    throw new UsageError(`must have a year from ${years.first} to ${years.last}, or be 9999-12-31 for no end`);
  }
  if (hour === undefined) return { kind: 'written', day };
  const time = `${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const offset = zone === undefined ? undefined : offsetOf(zone);
  return { kind: 'written', day, time, ...(offset === undefined ? {} : { offset }) };
}

/** `20260131`, SAP's `/Date(1769850000000)/`, and `31.01.2026` of a sender who says its order, in the same form as others. */
function plainOf(text: string, order: DateOrder | undefined): string {
  const [, ms] = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text) ?? [];
  if (ms !== undefined) return isoOf(Number(ms));
  const national = order === undefined ? null : /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?=$|[ T])/.exec(text);
  if (national === null) return text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  const [whole, first = '', , second = '', year = ''] = national;
  const [day, month] = order === 'dayFirst' ? [first, second] : [second, first];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${text.slice(whole.length)}`;
}

/** Seconds have ten digits today, and milliseconds thirteen. A smaller number may be a spreadsheet's count of days. */
function sinceEpoch(given: number): string {
  if (given === 0) return '0';
  const isPlausible = given >= 1e8 && given < 1e13;
  if (!isPlausible) throw notDate(String(given));
  return isoOf(given < 1e11 ? given * 1_000 : given);
}

function isoOf(ms: number): string {
  const at = new Date(ms);
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9_999) throw notDate(String(ms));
  return at.toISOString();
}

/** A day that its month does not have runs over into the next one. */
const isOfCalendar = (day: string): boolean => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
};

function offsetOf(zone: string): string {
  if (/^[a-z]/i.test(zone)) return 'Z';
  const minutes = zone.slice(3).replace(':', '') || '00';
  if (Number(zone.slice(1, 3)) > 18 || Number(minutes) > 59) throw new UsageError('must have an offset such as +01:00');
  return `${zone.slice(0, 3)}:${minutes}`;
}

function instantIn({ day, time = '00:00:00.000', offset }: Written, { timeZone }: DateStyle): string {
  if (offset !== undefined) return new Date(`${day}T${time}${offset}`).toISOString();
  if (!isTimeZone(timeZone)) throw new UsageError('cannot be read without a time zone');
  return localInstant(`${day}T${time}`, timeZone).toISOString();
}

/** Digits and letters show the form alone. */
function notDate(text: string): UsageError {
  const form = text.slice(0, 40).replaceAll(/\d/g, '9').replaceAll(/\p{L}/gu, 'a');
  return new UsageError(`must be ${wanted}; its form is ${form}`);
}
