import type { StatusMap } from '../../../domain/policy/statuses.ts';
import { readDate } from '../dates.ts';
import { readStatus, type EmploymentStatus } from '../statuses.ts';

/** Whether it is a date as HR systems write one, also one that Muster does not read. */
export function isDateLike(value: string): boolean {
  if (/^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?:[ T].*)?$/.test(value)) return true;
  try {
    return ['day', 'instant', 'open'].includes(readDate(value, { timeZone: 'UTC' }).kind);
  } catch {
    return false;
  }
}

/** The policy's own words for statuses, then those of the file's system, or those that mean the same everywhere. */
export type StatusWords = readonly StatusMap[];

export const rosterStatus = (value: string, words: StatusWords): EmploymentStatus | undefined =>
  words.map((map) => readStatus(value, map)).find((status) => status !== undefined);
