import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../inventory/port/json.ts';
import { foldCase } from '../../../domain/text.ts';
import { absentLeave, changesOf } from './changes.ts';
import { contradictionOf, doubledLines, namesOf } from './contradictions.ts';
import type { Change, RosterItem, RosterPerson, RosterPlan, RosterRules, RosterState } from './model.ts';
import type { Roster, RosterRow, RowProblem } from './read.ts';

/** What the roster changes. Pure: nothing is read or written. */
export function planRoster(roster: Roster, state: RosterState, rules: RosterRules): RosterPlan {
  const rows = planRows(roster.rows, state, rules);
  const missing = state.people
    .filter(({ externalId, isFirst }) => externalId !== undefined && isFirst)
    .filter(({ employment }) => ['joining', 'employed'].includes(employment))
    .filter(({ personId }) => !rows.listed.has(personId));
  // The missing people may be in rows that cannot be read.
  const isWhole = rules.isComplete && roster.problems.length === 0 && roster.rows.length > 0;
  const endsAbsent = isWhole && rules.absence.action === 'leave';
  const absent = (endsAbsent ? missing : []).flatMap((person) => {
    const change = absentLeave(person, state.absences.get(person.personId), rules);
    return change === undefined ? [] : [itemOf({ line: 0 }, person, change, rules.source)];
  });
  const items = [...rows.items, ...absent];
  const leavers = rows.leavers + absent.length;
  const emails = new Set(roster.rows.map(({ email }) => foldCase(email)));
  return {
    source: rules.source,
    hash: hashOf({ source: rules.source, isComplete: rules.isComplete, items: items.map(({ eventId }) => eventId) }),
    items,
    unbound: rows.unbound,
    isWhole,
    unchanged: rows.unchanged,
    problems: roster.problems,
    contradictions: rows.contradictions,
    missing: missing.map(({ personId }) => ({ personId, since: state.absences.get(personId) })),
    orphanedAccounts: state.unboundEmails.filter((email) => !emails.has(foldCase(email))),
    budget: {
      limit: rules.budget,
      leavers,
      isExceeded: leavers > rules.budget || (rules.isComplete && missing.length > rules.budget),
    },
  };
}

/** What the rows of the file change, one by one. */
function planRows(rows: readonly RosterRow[], state: RosterState, rules: RosterRules) {
  const find = finderOf(state.people);
  const names = namesOf(rows, state.known);
  const doubled = doubledLines(rows);
  const contradictions: RowProblem[] = [];
  const items: RosterItem[] = [];
  const unbound: { externalId?: string; email: string }[] = [];
  const listed = new Set<string>();
  let unchanged = 0;
  let leavers = 0;
  for (const row of rows) {
    const { line, externalId, email, manager } = row;
    const known = find(row);
    if (known !== undefined) listed.add(known.personId);
    const problem = doubled.get(line) ?? contradictionOf(row, known, rules);
    if (problem !== undefined) {
      contradictions.push({ line, message: problem });
      continue;
    }
    if (manager !== undefined && !names.has(foldCase(manager))) {
      contradictions.push({ line, message: `the manager ${manager} is neither in the file nor known` });
    }
    const changes = changesOf(row, known, rules);
    const isUnbound = known?.externalId === undefined && (known !== undefined || changes.length > 0);
    if (isUnbound) unbound.push({ externalId, email });
    if (changes.length === 0) unchanged += 1;
    const mayEnd = known === undefined || known.isFirst || rules.mayEndEmployment;
    if (mayEnd) leavers += changes.filter(({ kind }) => kind === 'leaver').length;
    items.push(...changes.map((change) => itemOf(row, known, change, rules.source)));
  }
  return { items, unbound, leavers, unchanged, contradictions, listed };
}

/** By the source's id; else, as the alias table would bind them, by an id that no source uses, or by an e-mail that one person has. */
function finderOf(people: readonly RosterPerson[]): (row: RosterRow) => RosterPerson | undefined {
  const own = new Map(
    people.flatMap((person) => (person.externalId === undefined ? [] : [[person.externalId, person]])),
  );
  const others = people.filter(({ externalId }) => externalId === undefined);
  const byEmail = Map.groupBy(others, ({ attributes }) => foldCase(attributes?.email ?? ''));
  const byId = new Map(others.filter((one) => !one.isNamed).map((person) => [person.personId, person]));
  return ({ externalId, email }) => {
    const named = own.get(externalId ?? `email:${foldCase(email)}`);
    if (named !== undefined) return named;
    const sameId = externalId === undefined ? undefined : byId.get(externalId);
    const [holder, second] = byEmail.get(foldCase(email)) ?? [];
    return sameId ?? (second === undefined ? holder : undefined);
  };
}

function itemOf(
  { line, externalId }: Pick<RosterRow, 'line' | 'externalId'>,
  known: RosterPerson | undefined,
  change: Change,
  source: string,
): RosterItem {
  const basis = known?.lines[change.kind === 'mover' ? 'attributes' : 'employment']?.eventId;
  const who = known?.personId ?? externalId ?? change.person?.email;
  const { kind, effectiveAt, person } = change;
  const eventId = `roster:${hashOf({ source, who, kind, effectiveAt, person, basis }).slice(0, 32)}`;
  return { line, personId: known?.personId, externalId, ...change, eventId };
}

const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
