import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../inventory/port/json.ts';
import { budgetWindows } from '../../../domain/access/changeBudget.ts';
import { foldCase } from '../../../domain/text.ts';
import { previewAccess } from './access.ts';
import { absentLeave } from './changes.ts';
import type { Change, PlannedRoster, RosterItem, RosterPerson, RosterPlan, RosterRules, RosterState } from './model.ts';
import { planRows } from './planRows.ts';
import type { Roster, RosterRow } from './read.ts';

/** What the roster changes. Pure: nothing is read or written. */
export function planRoster(roster: Roster, state: RosterState, rules: RosterRules): PlannedRoster {
  const { source, isComplete } = rules;
  const itemsOf = (row: Pick<RosterRow, 'line' | 'externalId'>, known: RosterPerson | undefined, change: Change) =>
    itemOf(row, known, change, source);
  const rows = planRows(roster, { state, rules, itemOf: itemsOf });
  const missing = state.people
    .filter(({ externalId, isFirst }) => externalId !== undefined && isFirst)
    .filter(({ employment }) => ['joining', 'employed'].includes(employment))
    .filter(({ personId }) => !rows.listed.has(personId));
  // The missing people may be in lines that do not say whom they are about.
  const isWhole = isComplete && roster.rows.length > 0 && roster.odd.every(({ who }) => who !== undefined);
  const endsAbsent = isWhole && rules.absence.action === 'leave';
  const absent = (endsAbsent ? missing : []).flatMap((person) => {
    const change = absentLeave(person, state.absences.get(person.personId), rules);
    return change === undefined ? [] : [itemOf({ line: 0 }, person, change, source)];
  });
  const items = [...rows.items, ...absent];
  const isDue = dueBy(rules.now);
  const access = previewAccess(items, {
    rules: rules.rules,
    people: new Map(state.people.map((person) => [person.personId, person])),
    room: state.room,
    isDue,
  });
  const gone = missing.map(({ personId }) => personId);
  const { columns, decisions, encoding, delimiter } = roster;
  const plan = {
    source,
    hash: sha256(
      JSON.stringify({
        ...{ source, isComplete, gone, decisions },
        items: items.map(({ eventId }) => eventId),
        replaced: rows.replaced,
        access: access.changes,
      }),
    ).slice(0, 16),
    ...{ encoding, delimiter, columns, decisions },
    items,
    unbound: rows.unbound,
    replaced: rows.replaced,
    access,
    isWhole,
    unchanged: rows.unchanged,
    problems: roster.odd.map(({ line, message }) => ({ line, message })),
    contradictions: rows.contradictions,
    missing: missing.map(({ personId }) => ({ personId, since: state.absences.get(personId) })),
    orphanedAccounts: orphanedIn(roster, state),
    knownAccounts: state.knownAccounts,
    budget: budgetOf(rules, rows.leavers.filter(isDue).length + absent.length, missing.length),
  };
  return { plan, refused: rows.refused, taken: rows.taken };
}

/** Who leaves next year does not leave now: the budget of that hour counts them. */
function dueBy(now: Date): (item: RosterItem) => boolean {
  const soon = new Date(now.getTime() + budgetWindows.hour).toISOString();
  return ({ effectiveAt }) => effectiveAt === undefined || effectiveAt <= soon;
}

function budgetOf({ budget: limit, isComplete }: RosterRules, leavers: number, missing: number): RosterPlan['budget'] {
  return { limit, leavers, isExceeded: leavers > limit || (isComplete && missing > limit) };
}

function orphanedIn({ rows }: Roster, { unboundEmails }: RosterState): readonly string[] {
  const emails = new Set(rows.flatMap(({ email }) => (email === undefined ? [] : [foldCase(email)])));
  return unboundEmails.filter((email) => !emails.has(foldCase(email)));
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

const hashOf = (value: unknown): string => sha256(canonicalJson(value));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
