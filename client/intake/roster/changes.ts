import { dayMs } from '../../../domain/durations.ts';
import { lineOf } from '../../../domain/mailbox.ts';
import type { HrEvent, PersonAttributes } from '../../../domain/model.ts';
import { foldCase } from '../../../domain/text.ts';
import { filled } from '../attributes.ts';
import { beginningOf, endOf } from '../localDates.ts';
import type { Change, RosterPerson, RosterRules } from './model.ts';
import type { RosterRow } from './read.ts';

/** What a row, or the absence of one, changes for its person. */

interface ChangeRules extends RosterRules {
  /** Active human accounts that belong to nobody, case-folded. */
  readonly unboundEmails: ReadonlySet<string>;
}

export function changesOf(row: RosterRow, known: RosterPerson | undefined, rules: ChangeRules): readonly Change[] {
  // What is said under an id that another one has replaced is said under that one too.
  if (known?.replacedBy !== undefined) return [];
  const zone = row.timeZone ?? known?.attributes?.timeZone ?? rules.defaultTimeZone;
  const start = row.startDate === undefined ? undefined : beginningOf(row.startDate, zone);
  const end = row.endDate === undefined ? undefined : endOf(row.endDate, zone);
  const leave = leaveBy(row, end);
  if (known === undefined || !isPresent(known)) {
    const isOver = row.status === 'ended' || (end !== undefined && isPast(end, rules));
    if (isOver) return leftBehind(row, known, { leave, rules });
    return row.isOdd === true ? [] : [joinBy(row, start), ...leave];
  }
  if (row.isOdd === true) return isWaiting(known, leave, rules) ? [] : leave;
  if (!known.isFirst) return addedBy(row, known, leave);

  const person = attributesOf(row);
  const joiner = lastOf(known, 'joiner');
  const leaver = lastOf(known, 'leaver');
  const changes: Change[] = [];
  if (joiner !== undefined && start !== undefined && Date.parse(joiner.effectiveAt) !== Date.parse(start)) {
    changes.push({ ...joinBy(row, start), because: `first day corrected to ${row.startDate ?? ''}` });
  }
  if (changes.length === 0 && differs(latestWord(known), person)) {
    changes.push({ kind: 'mover', person, because: 'the record differs' });
  }
  if (leave.length === 0 && leaver !== undefined && leaver.source === rules.source) {
    changes.push({ kind: 'leaverRescinded', because: 'no last working day any more' });
  }
  return isWaiting(known, leave, rules) ? changes : [...changes, ...leave];
}

const joinBy = (row: RosterRow, start: string | undefined): Change => ({
  kind: 'joiner',
  effectiveAt: start,
  person: attributesOf(row),
  because: start === undefined ? 'new in the roster' : `first day ${row.startDate ?? ''}`,
});

/** A last day dates the leave; without one, a status that says so is a leave at once. */
function leaveBy({ status, endDate }: RosterRow, end: string | undefined): readonly Change[] {
  if (end !== undefined) return [{ kind: 'leaver', effectiveAt: end, because: `last working day ${endDate ?? ''}` }];
  return status === 'ended' ? [{ kind: 'leaver', because: 'the status says that they have left' }] : [];
}

const isPast = (instant: string, { now }: Pick<RosterRules, 'now'>): boolean => instant <= now.toISOString();

/** Whether the same leave is on its way. */
function isWaiting(known: RosterPerson, [leave]: readonly Change[], rules: RosterRules): boolean {
  const leaver = lastOf(known, 'leaver');
  if (leaver === undefined || leave === undefined) return false;
  if (leave.effectiveAt === undefined) return isPast(leaver.effectiveAt, rules);
  return Date.parse(leaver.effectiveAt) === Date.parse(leave.effectiveAt);
}

/** Somebody who had left before Muster knew of them needs nothing, unless an active account has their e-mail. */
function leftBehind(
  row: RosterRow,
  known: RosterPerson | undefined,
  { leave, rules }: { readonly leave: readonly Change[]; readonly rules: ChangeRules },
): readonly Change[] {
  const { email } = row;
  if (known !== undefined && (known.employment !== 'unknown' || isWaiting(known, leave, rules))) return [];
  const isActive = email !== undefined && rules.unboundEmails.has(foldCase(email));
  if (!isActive && known?.accountStatus !== 'active') return [];
  return leave.map((change) => ({
    ...change,
    person: email === undefined ? undefined : { email },
    because: `${change.because}, and the account is active`,
  }));
}

/** Whether the person is employed, or will be by an event that waits. */
export function isPresent(person: RosterPerson): boolean {
  return ['joining', 'employed'].includes(person.employment) || lastOf(person, 'joiner') !== undefined;
}

/** The newest waiting event of this kind that no newer word on employment has overtaken. */
function lastOf({ waiting }: RosterPerson, kind: HrEvent['kind']): HrEvent | undefined {
  return waiting
    .filter((event) => event.kind === kind && lineOf(event) === 'employment')
    .toSorted((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt))
    .at(-1);
}

function latestWord({ attributes, waiting }: RosterPerson): Partial<PersonAttributes> | undefined {
  const words = waiting
    .filter(({ person }) => person !== undefined)
    .toSorted((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt));
  return words.reduce<Partial<PersonAttributes> | undefined>(
    (before, { person }) => ({ ...before, ...person, extra: { ...before?.extra, ...person?.extra } }),
    attributes,
  );
}

/** What a source below another one says differently: whether it counts follows from the ranks. */
function addedBy(row: RosterRow, known: RosterPerson, leave: readonly Change[]): readonly Change[] {
  const person = attributesOf(row);
  if (!differs(known.own, person)) return leave;
  return [{ kind: 'mover', person, because: 'the record differs' }, ...leave];
}

/** The leave of a person absent from complete rosters since then; undefined while that is not long enough. */
export function absentLeave(person: RosterPerson, since: string | undefined, rules: RosterRules): Change | undefined {
  if (since === undefined || lastOf(person, 'leaver') !== undefined) return undefined;
  const isDue = rules.now.getTime() - Date.parse(since) >= rules.absence.afterDays * dayMs;
  return isDue ? { kind: 'leaver', because: `missing from ${rules.source} since ${since.slice(0, 10)}` } : undefined;
}

/** A row without an e-mail is odd: nothing of it is taken but a leave. */
const attributesOf = ({
  email = '',
  name,
  title,
  department,
  manager,
  timeZone,
  extra,
}: RosterRow): PersonAttributes => ({
  email,
  ...filled({ name, title, department, manager, timeZone, extra }),
});

/** Fields that the file does not fill are not compared. */
function differs(known: Partial<PersonAttributes> | undefined, { extra, ...given }: PersonAttributes): boolean {
  const before: Partial<PersonAttributes> = known ?? {};
  const names = Object.keys(given) as (keyof typeof given)[];
  return (
    names.some((name) => before[name] !== given[name]) ||
    Object.entries(extra ?? {}).some(([name, value]) => before.extra?.[name] !== value)
  );
}
