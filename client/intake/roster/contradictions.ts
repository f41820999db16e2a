import { contractorProblem } from '../../../domain/contractors.ts';
import { foldCase } from '../../../domain/text.ts';
import { contradictionOf } from '../contradictions.ts';
import { dayAfter, isDay } from '../localDates.ts';
import { isPresent } from './changes.ts';
import type { RosterPerson, RosterRules } from './model.ts';
import type { OddRow, RosterRow } from './read.ts';

/** Rows that contradict themselves, each other, or what is known. */

export function contradictionIn(
  row: RosterRow,
  known: RosterPerson | undefined,
  { source, defaultTimeZone, now }: RosterRules,
): string | undefined {
  const { startDate: firstDay, endDate: lastDay, status, extra } = row;
  const timeZone = row.timeZone ?? known?.attributes?.timeZone ?? defaultTimeZone;
  if (known?.replacedBy !== undefined) return undefined;
  const hasLeft = known !== undefined && !isPresent(known) && known.employment === 'left';
  const leftAt = hasLeft ? (known.leftAt ?? known.lines.employment?.occurredAt ?? '') : undefined;
  const said = { source, status, firstDay, lastDay, timeZone, hasOwnTime: false };
  const contradiction = contradictionOf(said, { leftAt }, now);
  if (contradiction !== undefined || status === 'ended') return contradiction;
  return contractorProblem(extra, { hasEnd: lastDay !== undefined });
}

/** An id of somebody who goes on under another one. */
export interface Succession {
  readonly before: RosterRow;
  readonly after: RosterRow;
}

/** One person under two ids: the first ends on the day before the second begins, and both have the same e-mail. */
export function successionsIn(rows: readonly RosterRow[]): readonly Succession[] {
  const found: Succession[] = [];
  for (const [email, same] of Map.groupBy(rows, emailOf)) {
    const [one, other] = same;
    if (email === undefined || one === undefined || other === undefined || same.length > 2) continue;
    const [before, after] = [one, other].toSorted((a, b) => compare(a.startDate ?? '', b.startDate ?? ''));
    if (before === undefined || after === undefined) continue;
    if (before.externalId === undefined || after.externalId === undefined || before.externalId === after.externalId) {
      continue;
    }
    const { endDate } = before;
    if (endDate !== undefined && isDay(endDate) && dayAfter(endDate) === after.startDate) found.push({ before, after });
  }
  return found;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lines that name the same person. Those of one person under two ids do not contradict each other. */
export function doubledLines(
  rows: readonly RosterRow[],
  { odd, successions }: { readonly odd: readonly OddRow[]; readonly successions: readonly Succession[] },
): ReadonlyMap<number, string> {
  const taken = new Set(rows.map(({ line }) => line));
  const named: readonly Pick<RosterRow, 'line' | 'externalId' | 'email'>[] = [
    ...rows,
    ...odd.flatMap(({ line, who }) => (who === undefined || taken.has(line) ? [] : [{ line, ...who }])),
  ];
  const succeeding = new Set(successions.flatMap(({ before, after }) => [before.line, after.line]));
  const lines = new Map<number, string>();
  for (const [what, value, which] of [
    ['id', ({ externalId }: { readonly externalId?: string }) => externalId, named],
    ['e-mail', emailOf, named.filter(({ line }) => !succeeding.has(line))],
  ] as const) {
    for (const [key, same] of Map.groupBy(which, value)) {
      if (key === undefined || same.length < 2) continue;
      const all = same.map(({ line }) => line).join(', ');
      for (const { line } of same) lines.set(line, `the same ${what} is in lines ${all}: none of them is planned`);
    }
  }
  return lines;
}

const emailOf = ({ email }: { readonly email?: string }): string | undefined =>
  email === undefined ? undefined : foldCase(email);

/** Everybody who is known or in the file, by e-mail or id, case-folded: a row may name them as manager. */
export function namesOf(rows: readonly RosterRow[], known: ReadonlySet<string>): ReadonlySet<string> {
  const inFile = rows.flatMap(({ externalId, email }) => [email, externalId].filter((name) => name !== undefined));
  return new Set([...known, ...inFile.map(foldCase)]);
}
