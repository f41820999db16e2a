import { UsageError } from '../../domain/errors.ts';
import { readDate, readInstant, whenOf } from '../intake/dates.ts';
import { beginningOf, endOf } from '../intake/localDates.ts';

/** When an event takes effect, as it was typed. */
export type Effective =
  | { readonly kind: 'instant'; readonly at: string }
  /** A day, or a time without a zone: which instant it is depends on a time zone. */
  | { readonly kind: 'local'; readonly text: string };

/** Reads `now`, or a date in the grammar of all ways in. Throws a `UsageError` that names `option`. */
export function readEffective(text: string, now: Date, option = '--effective'): Effective {
  if (text === 'now') return { kind: 'instant', at: now.toISOString() };
  const [here, elsewhere] = ['UTC', 'Asia/Tokyo'].map((timeZone) =>
    explained(option, text, () => readDate(text, { timeZone })),
  );
  if (here?.kind === 'instant' && elsewhere?.kind === 'instant' && here.at === elsewhere.at) return here;
  if (here?.kind === 'day' || here?.kind === 'instant') return { kind: 'local', text };
  throw notDate(option, text);
}

/** An instant in UTC that has nothing to do with HR; a day begins in UTC. Throws a `UsageError` that names `option`. */
export function readTime(text: string, now: Date, option: string): string {
  if (text === 'now') return now.toISOString();
  const at = explained(option, text, () => readInstant(text, { timeZone: 'UTC' }));
  if (at !== undefined) return at;
  throw notDate(option, text);
}

function explained<T>(option: string, text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError) throw notDate(option, text);
    throw error;
  }
}

const notDate = (option: string, text: string) =>
  new UsageError(
    `${option} "${text}" is not a date: give now, a day such as 2026-01-31, or an instant such as 2026-01-31T09:00:00Z`,
  );

/** The instant in UTC; a day begins in `timeZone`. */
export const effectiveInstant = (effective: Effective, timeZone = 'UTC'): string =>
  effective.kind === 'instant' ? effective.at : beginningOf(writtenIn(effective.text, timeZone), timeZone);

/** The instant in UTC; a day is over in `timeZone`. */
export const lastInstant = (effective: Effective, timeZone = 'UTC'): string =>
  effective.kind === 'instant' ? effective.at : endOf(writtenIn(effective.text, timeZone), timeZone);

/** It was read before, so it is a day or an instant. */
const writtenIn = (text: string, timeZone: string): string => whenOf(readDate(text, { timeZone })) ?? text;
