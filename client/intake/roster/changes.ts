import { dayMs } from '../../../domain/durations.ts';
import { lineOf } from '../../../domain/mailbox.ts';
import type { HrEvent, PersonAttributes } from '../../../domain/model.ts';
import { filled } from '../attributes.ts';
import { beginningOf, endOf } from '../localDates.ts';
import type { Change, RosterPerson, RosterRules } from './model.ts';
import type { RosterRow } from './read.ts';

/** What a row, or the absence of one, changes for its person. */

export function changesOf(row: RosterRow, known: RosterPerson | undefined, rules: RosterRules): readonly Change[] {
  const zone = row.timeZone ?? known?.attributes?.timeZone ?? rules.defaultTimeZone;
  const start = row.startDate === undefined ? undefined : beginningOf(row.startDate, zone);
  const end = row.endDate === undefined ? undefined : endOf(row.endDate, zone);
  const isOver = end !== undefined && end <= rules.now.toISOString();
  const person = attributesOf(row);
  const leave: Change[] =
    end === undefined ? [] : [{ kind: 'leaver', effectiveAt: end, because: `last working day ${row.endDate ?? ''}` }];
  const join: Change = {
    kind: 'joiner',
    effectiveAt: start,
    person,
    because: start === undefined ? 'new in the roster' : `first day ${row.startDate ?? ''}`,
  };
  if (known === undefined || !isPresent(known)) return isOver ? [] : [join, ...leave];
  if (!known.isFirst) return addedBy(row, known, leave);

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

const attributesOf = ({ email, name, title, department, manager, timeZone, extra }: RosterRow): PersonAttributes =>
  filled({ email, name, title, department, manager, timeZone, extra });

/** Fields that the file does not fill are not compared. */
function differs(known: Partial<PersonAttributes> | undefined, { extra, ...given }: PersonAttributes): boolean {
  const before: Partial<PersonAttributes> = known ?? {};
  const names = Object.keys(given) as (keyof typeof given)[];
  return (
    names.some((name) => before[name] !== given[name]) ||
    Object.entries(extra ?? {}).some(([name, value]) => before.extra?.[name] !== value)
  );
}
