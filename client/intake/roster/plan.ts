import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../inventory/port/json.ts';
import { foldCase } from '../../../domain/text.ts';
import { lineOf } from '../../../domain/mailbox.ts';
import type { HrEvent, PersonAttributes, PersonRecord } from '../../../domain/model.ts';
import { endOfDay, startOfDay } from '../localDates.ts';
import type { Roster, RosterRow, RowProblem } from './read.ts';
import { contractorProblem } from '../../../domain/contractors.ts';

/** A person with what Muster knows of them and what waits in their mailbox. */
export interface RosterPerson extends PersonRecord {
  /** Absent where this source has not named them yet. */
  readonly externalId?: string;
  /** Whether this source speaks for them, or would as the first one. */
  readonly isAuthoritative: boolean;
  readonly waiting: readonly HrEvent[];
}

export interface RosterState {
  readonly people: readonly RosterPerson[];
  /** E-mails and personIds of everybody who is known, case-folded: whom a row may name as manager. */
  readonly known: ReadonlySet<string>;
  /** Since when complete rosters have not named these people. */
  readonly absences: ReadonlyMap<string, string>;
  /** Active human accounts that belong to nobody. */
  readonly unboundEmails: readonly string[];
}

export interface RosterRules {
  readonly source: string;
  /** The file is the whole workforce of its source. */
  readonly isComplete: boolean;
  readonly defaultTimeZone: string;
  readonly absence: { readonly action: 'report' | 'leave'; readonly afterDays: number };
  /** Whether this source may end the employment of somebody for whom another source speaks. */
  readonly mayEndEmployment: boolean;
  /** How many may leave, or be missing, before a person has to look. */
  readonly budget: number;
  readonly now: Date;
}

export interface RosterItem {
  /** 0 for somebody who is missing from the file. */
  readonly line: number;
  /** Absent for somebody who is new. */
  readonly personId?: string;
  readonly externalId?: string;
  readonly kind: 'joiner' | 'mover' | 'leaver' | 'leaverRescinded';
  /** Absent: as soon as it is applied. */
  readonly effectiveAt?: string;
  readonly person?: PersonAttributes;
  readonly because: string;
  /** Follows from the source, the person, the content and what was applied before: the same plan again changes nothing. */
  readonly eventId: string;
}

export interface RosterPlan {
  readonly source: string;
  readonly hash: string;
  readonly items: readonly RosterItem[];
  /** Whether it says who is missing: the whole workforce, every row of it read. */
  readonly isWhole: boolean;
  /** Rows whom this source has not named before: they are bound to a person first. */
  readonly unbound: readonly { readonly externalId?: string; readonly email: string }[];
  readonly unchanged: number;
  /** Lines that cannot be read: not planned. */
  readonly problems: readonly RowProblem[];
  /** Lines that contradict another line or what is known. */
  readonly contradictions: readonly RowProblem[];
  /** People of this source whom the file does not name. */
  readonly missing: readonly { readonly personId: string; readonly since?: string }[];
  /** E-mails of active accounts that belong to nobody and stand in no row. */
  readonly orphanedAccounts: readonly string[];
  readonly budget: { readonly limit: number; readonly leavers: number; readonly isExceeded: boolean };
}

/** What the roster changes. Pure: nothing is read or written. */
export function planRoster(roster: Roster, state: RosterState, rules: RosterRules): RosterPlan {
  const find = finderOf(state.people);
  const contradictions: RowProblem[] = [];
  const items: RosterItem[] = [];
  const unbound: { externalId?: string; email: string }[] = [];
  let unchanged = 0;
  const named = namesOf(roster.rows, state.known);
  const doubled = doubledLines(roster.rows);
  const listed = new Set<string>();
  for (const row of roster.rows) {
    const known = find(row);
    if (known !== undefined) listed.add(known.personId);
    const problem = doubled.get(row.line) ?? contradictionOf(row, known, rules);
    if (problem !== undefined) {
      contradictions.push({ line: row.line, message: problem });
      continue;
    }
    if (row.manager !== undefined && !named.has(foldCase(row.manager))) {
      contradictions.push({ line: row.line, message: `the manager ${row.manager} is neither in the file nor known` });
    }
    const changes = changesOf(row, known, rules);
    if (known?.externalId === undefined && (known !== undefined || changes.length > 0)) {
      const { externalId, email } = row;
      unbound.push({ ...(externalId === undefined ? {} : { externalId }), email });
    }
    if (changes.length === 0) unchanged += 1;
    items.push(...changes.map((change) => itemOf(row, known, change, rules.source)));
  }
  const missing = state.people
    .filter(({ externalId, isAuthoritative }) => externalId !== undefined && isAuthoritative)
    .filter(({ employment }) => ['joining', 'employed'].includes(employment))
    .filter(({ personId }) => !listed.has(personId));
  // Rows that cannot be read may be the missing people.
  const isWhole = rules.isComplete && roster.problems.length === 0 && roster.rows.length > 0;
  if (isWhole && rules.absence.action === 'leave') {
    items.push(...missing.flatMap((person) => absentLeaver(person, state.absences.get(person.personId), rules)));
  }
  const leavers = items.filter(({ kind }) => kind === 'leaver').length;
  const emails = new Set(roster.rows.map(({ email }) => foldCase(email)));
  return {
    source: rules.source,
    hash: hashOf({ source: rules.source, isComplete: rules.isComplete, items: items.map(({ eventId }) => eventId) }),
    items,
    unbound,
    isWhole,
    unchanged,
    problems: roster.problems,
    contradictions,
    missing: missing.map(({ personId }) => {
      const since = state.absences.get(personId);
      return { personId, ...(since === undefined ? {} : { since }) };
    }),
    orphanedAccounts: state.unboundEmails.filter((email) => !emails.has(foldCase(email))),
    budget: {
      limit: rules.budget,
      leavers,
      isExceeded: leavers > rules.budget || (rules.isComplete && missing.length > rules.budget),
    },
  };
}

/** By the source's id; else, as the alias table would bind them, by an id that no source uses, or whoever alone has the e-mail. */
function finderOf(people: readonly RosterPerson[]): (row: RosterRow) => RosterPerson | undefined {
  const own = new Map(
    people.flatMap((person) => (person.externalId === undefined ? [] : [[person.externalId, person]])),
  );
  const others = people.filter(({ externalId }) => externalId === undefined);
  const byEmail = Map.groupBy(others, ({ attributes }) => foldCase(attributes?.email ?? ''));
  const byId = new Map(others.filter((one) => one.isAuthoritative).map((person) => [person.personId, person]));
  return ({ externalId, email }) => {
    const named = own.get(externalId ?? `email:${foldCase(email)}`);
    if (named !== undefined) return named;
    const sameId = externalId === undefined ? undefined : byId.get(externalId);
    const [holder, second] = byEmail.get(foldCase(email)) ?? [];
    return sameId ?? (second === undefined ? holder : undefined);
  };
}

type Change = Pick<RosterItem, 'kind' | 'effectiveAt' | 'person' | 'because'>;

function changesOf(row: RosterRow, known: RosterPerson | undefined, rules: RosterRules): readonly Change[] {
  const zone = row.timeZone ?? known?.attributes?.timeZone ?? rules.defaultTimeZone;
  const start = row.startDate === undefined ? undefined : startOfDay(row.startDate, zone).toISOString();
  const end = row.endDate === undefined ? undefined : endOfDay(row.endDate, zone).toISOString();
  const isOver = end !== undefined && end <= rules.now.toISOString();
  const person = attributesOf(row);
  const leave: Change[] =
    end === undefined ? [] : [{ kind: 'leaver', effectiveAt: end, because: `last working day ${row.endDate ?? ''}` }];
  const join: Change = {
    kind: 'joiner',
    ...(start === undefined ? {} : { effectiveAt: start }),
    person,
    because: start === undefined ? 'new in the roster' : `first day ${row.startDate ?? ''}`,
  };
  if (known === undefined || !isPresent(known)) return isOver ? [] : [join, ...leave];
  if (!known.isAuthoritative) return addedBy(row, known, rules.mayEndEmployment ? leave : []);

  const joiner = lastOf(known, 'joiner');
  const leaver = lastOf(known, 'leaver');
  const changes: Change[] = [];
  if (joiner !== undefined && start !== undefined && Date.parse(joiner.effectiveAt) !== Date.parse(start)) {
    changes.push({ ...join, because: `first day corrected to ${row.startDate ?? ''}` });
  }
  if (changes.length === 0 && differs(latestWord(known), person)) {
    changes.push({ kind: 'mover', person, because: 'the record differs' });
  }
  if (end === undefined && leaver !== undefined && leaver.source === rules.source) {
    changes.push({ kind: 'leaverRescinded', because: 'no last working day any more' });
  }
  const isDated = leaver !== undefined && end !== undefined && Date.parse(leaver.effectiveAt) === Date.parse(end);
  return isDated ? changes : [...changes, ...leave];
}

/** Whether the person is here, or will be by what waits. */
function isPresent(person: RosterPerson): boolean {
  return ['joining', 'employed'].includes(person.employment) || lastOf(person, 'joiner') !== undefined;
}

/** The newest waiting event of this kind that no newer word on employment has overtaken. */
function lastOf({ waiting }: RosterPerson, kind: HrEvent['kind']): HrEvent | undefined {
  return waiting
    .filter((event) => event.kind === kind && lineOf(event) === 'employment')
    .toSorted((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt))
    .at(-1);
}

function latestWord({ attributes, waiting }: RosterPerson): PersonAttributes | undefined {
  const words = waiting
    .filter(({ person }) => person !== undefined)
    .toSorted((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt));
  return words.at(-1)?.person ?? attributes;
}

/** A source that does not speak for the person adds what nobody else has said. */
function addedBy(row: RosterRow, known: RosterPerson, leave: readonly Change[]): readonly Change[] {
  const word = latestWord(known);
  const added = Object.entries(row.extra ?? {}).filter(([name]) => word?.extra?.[name] === undefined);
  if (word === undefined || added.length === 0) return leave;
  const extra = { ...word.extra, ...Object.fromEntries(added) };
  return [{ kind: 'mover', person: { ...word, extra }, because: 'further attributes' }, ...leave];
}

function contradictionOf(
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
  const isOver = endDate !== undefined && endOfDay(endDate, zone) <= now;
  const isBack = startDate !== undefined && startOfDay(startDate, zone).toISOString() > leftAt;
  return isOver || isBack
    ? undefined
    : `${known.personId} has left, but ${source} lists them: a rehire needs a first day after ${leftAt}`;
}

function doubledLines(rows: readonly RosterRow[]): ReadonlyMap<number, string> {
  const lines = new Map<number, string>();
  for (const [what, value] of [
    ['id', (row: RosterRow) => row.externalId],
    ['e-mail', (row: RosterRow) => foldCase(row.email)],
  ] as const) {
    for (const [key, same] of Map.groupBy(rows, value)) {
      if (key === undefined || same.length < 2) continue;
      const all = same.map(({ line }) => line).join(', ');
      for (const { line } of same)
        lines.set(line, `the ${what} ${key} stands in lines ${all}: none of them is planned`);
    }
  }
  return lines;
}

function namesOf(rows: readonly RosterRow[], known: ReadonlySet<string>): ReadonlySet<string> {
  const inFile = rows.flatMap(({ externalId, email }) => (externalId === undefined ? [email] : [email, externalId]));
  return new Set([...known, ...inFile.map(foldCase)]);
}

function absentLeaver(person: RosterPerson, since: string | undefined, rules: RosterRules): RosterItem[] {
  const days = since === undefined ? 0 : (rules.now.getTime() - Date.parse(since)) / 86_400_000;
  if (since === undefined || days < rules.absence.afterDays || lastOf(person, 'leaver') !== undefined) return [];
  const change = { kind: 'leaver', because: `missing from ${rules.source} since ${since.slice(0, 10)}` } as const;
  return [itemOf({ line: 0 }, person, change, rules.source)];
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
  return {
    line,
    ...(known === undefined ? {} : { personId: known.personId }),
    ...(externalId === undefined ? {} : { externalId }),
    ...change,
    eventId: `roster:${hashOf({ source, who, kind, effectiveAt, person, basis }).slice(0, 32)}`,
  };
}

function attributesOf({ email, name, title, department, manager, timeZone, extra }: RosterRow): PersonAttributes {
  const given = Object.entries({ name, title, department, manager, timeZone, extra });
  return { email, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}

/** What the file does not say is not changed. */
function differs(known: PersonAttributes | undefined, { extra, ...given }: PersonAttributes): boolean {
  const before: Partial<PersonAttributes> = known ?? {};
  const names = Object.keys(given) as (keyof typeof given)[];
  return (
    names.some((name) => before[name] !== given[name]) ||
    Object.entries(extra ?? {}).some(([name, value]) => before.extra?.[name] !== value)
  );
}

const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
