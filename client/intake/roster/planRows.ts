import { foldCase } from '../../../domain/text.ts';
import { changesOf, isPresent } from './changes.ts';
import { contradictionIn, doubledLines, namesOf, successionsIn, type Succession } from './contradictions.ts';
import type { Change, Replaced, RosterItem, RosterPerson, RosterRules, RosterState, RowRefusal } from './model.ts';
import type { OddRow, Roster, RosterRow, RowIdentity, RowProblem } from './read.ts';

interface Planning {
  readonly state: RosterState;
  readonly rules: RosterRules;
  readonly itemOf: (row: RosterRow, known: RosterPerson | undefined, change: Change) => RosterItem;
}

interface PlannedRows {
  readonly items: RosterItem[];
  /** Those that this source may say. */
  readonly leavers: RosterItem[];
  readonly unbound: { externalId?: string; email?: string }[];
  readonly replaced: readonly Replaced[];
  readonly contradictions: RowProblem[];
  readonly refused: RowRefusal[];
  /** Rows that are taken whole. */
  readonly taken: RowIdentity[];
  /** People whom the file names. */
  readonly listed: Set<string>;
  unchanged: number;
}

type Find = (row: Pick<RosterRow, 'externalId' | 'email'>) => RosterPerson | undefined;

/** What the rows of the file change, one by one. */
export function planRows({ rows, odd, cells }: Roster, { state, rules, itemOf }: Planning): PlannedRows {
  const find = finderOf(state.people);
  const names = namesOf(rows, state.known);
  const successions = successionsIn(rows);
  const doubled = doubledLines(rows, { odd, successions });
  const { replaced, endedLines, firstDays } = succeed(successions, find);
  const changeRules = { ...rules, unboundEmails: new Set(state.unboundEmails.map(foldCase)) };
  const planned: PlannedRows = {
    ...{ items: [], leavers: [], unbound: [], contradictions: [], taken: [], unchanged: 0 },
    replaced,
    refused: odd.map((one) => refusalOf(one, find)),
    listed: new Set(),
  };
  for (const { personId } of planned.refused) if (personId !== undefined) planned.listed.add(personId);
  const oddLines = new Set(odd.map(({ line }) => line));
  for (const row of rows) {
    const { line, externalId, email, manager } = row;
    const known = find(row);
    if (known !== undefined) planned.listed.add(known.personId);
    const problem = doubled.get(line) ?? contradictionIn(row, known, rules);
    if (problem !== undefined) {
      planned.contradictions.push({ line, message: problem });
      planned.refused.push(refusalOf({ line, message: problem, who: row, cells: cells.get(line) ?? {} }, find));
      continue;
    }
    if (manager !== undefined && !names.has(foldCase(manager))) {
      planned.contradictions.push({ line, message: `the manager ${manager} is neither in the file nor known` });
    }
    if (!oddLines.has(line)) planned.taken.push({ line, externalId, email });
    const startDate = firstDays.get(line) ?? row.startDate;
    const changes = endedLines.has(line) ? [] : changesOf({ ...row, startDate }, known, changeRules);
    if (changes.length === 0) planned.unchanged += 1;
    const isUnbound = known?.externalId === undefined && (known !== undefined || changes.length > 0);
    if (isUnbound && !endedLines.has(line)) planned.unbound.push({ externalId, email });
    const items = changes.map((change) => itemOf(row, known, change));
    planned.items.push(...items);
    const mayEnd = known === undefined || known.isFirst || rules.mayEndEmployment;
    if (mayEnd) planned.leavers.push(...items.filter(({ kind }) => kind === 'leaver'));
  }
  return planned;
}

const refusalOf = (row: OddRow, find: Find): RowRefusal => ({
  ...row,
  personId: row.who === undefined ? undefined : find(row.who)?.personId,
});

/**
 * A contractor who becomes an employee under another id is one person: their first id's last day ends nothing, and where neither is
 * known yet, they join with the first day of the first.
 */
function succeed(successions: readonly Succession[], find: Find) {
  const replaced: Replaced[] = [];
  const firstDays = new Map<number, string | undefined>();
  for (const { before, after } of successions) {
    const [old, next] = [find(before), find(after)];
    if (old === undefined) firstDays.set(after.line, before.startDate);
    if (old === undefined || old.replacedBy !== undefined || old.personId === next?.personId) continue;
    if (old.accountId === undefined && !isPresent(old)) continue;
    const { line, externalId = '', email } = after;
    replaced.push({ line, externalId, email, personId: next?.personId, replaces: old.personId });
  }
  return { replaced, endedLines: new Set(successions.map(({ before }) => before.line)), firstDays };
}

/** By the source's id; else, as the alias table would bind them, by an id that no source uses, or by an e-mail that one person has. */
function finderOf(people: readonly RosterPerson[]): Find {
  const own = new Map(
    people.flatMap((person) => (person.externalId === undefined ? [] : [[person.externalId, person]])),
  );
  const others = people.filter(({ externalId }) => externalId === undefined);
  const byEmail = Map.groupBy(others, ({ attributes }) => foldCase(attributes?.email ?? ''));
  const byId = new Map(others.filter((one) => !one.isNamed).map((person) => [person.personId, person]));
  return ({ externalId, email = '' }) => {
    const named = own.get(externalId ?? `email:${foldCase(email)}`);
    if (named !== undefined) return named;
    const sameId = externalId === undefined ? undefined : byId.get(externalId);
    const [holder, second] = email === '' ? [] : (byEmail.get(foldCase(email)) ?? []);
    return sameId ?? (second === undefined ? holder : undefined);
  };
}
