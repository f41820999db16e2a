import { contractorProblem } from '../../../domain/contractors.ts';
import { foldCase } from '../../../domain/text.ts';
import { beginningOf, endOf } from '../localDates.ts';
import { isPresent } from './changes.ts';
import type { RosterPerson, RosterRules } from './model.ts';
import type { RosterRow } from './read.ts';

/** Rows that contradict themselves, each other, or what is known. */

export function contradictionOf(
  row: RosterRow,
  known: RosterPerson | undefined,
  { source, defaultTimeZone, now }: RosterRules,
): string | undefined {
  const { startDate, endDate, extra } = row;
  if (startDate !== undefined && endDate !== undefined && endDate < startDate) {
    return `the last working day ${endDate} is before the first day ${startDate}`;
  }
  const endless = contractorProblem(extra, { hasEnd: endDate !== undefined });
  if (endless !== undefined) return endless;
  if (known === undefined || isPresent(known) || known.employment !== 'left') return undefined;
  const leftAt = known.lines.employment?.occurredAt ?? '';
  const zone = row.timeZone ?? known.attributes?.timeZone ?? defaultTimeZone;
  const isOver = endDate !== undefined && endOf(endDate, zone) <= now.toISOString();
  const isBack = startDate !== undefined && beginningOf(startDate, zone) > leftAt;
  return isOver || isBack
    ? undefined
    : `${known.personId} has left, but ${source} lists them: a rehire needs a first day after ${leftAt}`;
}

export function doubledLines(rows: readonly RosterRow[]): ReadonlyMap<number, string> {
  const lines = new Map<number, string>();
  for (const [what, value] of [
    ['id', (row: RosterRow) => row.externalId],
    ['e-mail', (row: RosterRow) => foldCase(row.email)],
  ] as const) {
    for (const [key, same] of Map.groupBy(rows, value)) {
      if (key === undefined || same.length < 2) continue;
      const all = same.map(({ line }) => line).join(', ');
      for (const { line } of same) lines.set(line, `the ${what} ${key} is in lines ${all}: none of them is planned`);
    }
  }
  return lines;
}

/** Everybody who is known or in the file, by e-mail or id, case-folded: a row may name them as manager. */
export function namesOf(rows: readonly RosterRow[], known: ReadonlySet<string>): ReadonlySet<string> {
  const inFile = rows.flatMap(({ externalId, email }) => (externalId === undefined ? [email] : [email, externalId]));
  return new Set([...known, ...inFile.map(foldCase)]);
}
