import { UsageError } from '../../../domain/errors.ts';
import { envelopeBytes, sizeProblem } from '../../../domain/intakeBounds.ts';
import type { PersonAttributes } from '../../../domain/model.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { readyRosters, type ReadyRoster } from '../../../domain/policy/rosters.ts';
import { commonStatuses } from '../../../domain/policy/statuses.ts';
import { foldCase, isEmail, isPlainId } from '../../../domain/text.ts';
import { canonicalJson } from '../../../inventory/port/json.ts';
import { readDate, whenOf, type DateStyle } from '../dates.ts';
import { isTimeZone } from '../localDates.ts';
import type { EmploymentStatus } from '../statuses.ts';
import { chooseColumns, rowFields, type ColumnUse, type RosterColumns } from './columns.ts';
import { readCsv } from './csv.ts';
import { readText } from './encoding.ts';
import { rosterStatus, type StatusWords } from './looks.ts';

/** One person as a roster names them. */
export interface RosterRow {
  /** Counted from 1, the header included. */
  readonly line: number;
  readonly externalId?: string;
  /** Absent only for somebody who leaves and is known by their id. */
  readonly email?: string;
  readonly name?: string;
  readonly title?: string;
  readonly department?: string;
  readonly manager?: string;
  readonly timeZone?: string;
  readonly status?: EmploymentStatus;
  /** A local date of the person's time zone, or an instant. */
  readonly startDate?: string;
  /** The last working day, or the instant at which they leave. */
  readonly endDate?: string;
  readonly extra?: Readonly<Record<string, string>>;
  /** Something of it cannot be read: nothing but the leave is taken. */
  readonly isOdd?: boolean;
}

/** Whose row it is, and where it stands. */
export type RowIdentity = Pick<RosterRow, 'line' | 'externalId' | 'email'>;

/** What is wrong with one line of the file; the other lines are planned. */
export interface RowProblem {
  readonly line: number;
  readonly message: string;
}

export type Cells = Readonly<Record<string, string>>;

/** A line that is not taken, or not whole. */
export interface OddRow extends RowProblem {
  /** Whom it is about, where that can be read. */
  readonly who?: Pick<RosterRow, 'externalId' | 'email'>;
  /** What it holds, by field; under `@line` where it could not be split. */
  readonly cells: Cells;
  /** That they leave, or are employed, is taken all the same. */
  readonly isFactTaken?: true;
}

export interface Roster {
  readonly rows: readonly RosterRow[];
  /** What the lines hold, by line and field. */
  readonly cells: ReadonlyMap<number, Cells>;
  readonly odd: readonly OddRow[];
  readonly columns: readonly ColumnUse[];
  /** What the policy has to say before anything is applied. */
  readonly decisions: readonly string[];
  /** Such as `utf-8`. */
  readonly encoding: string;
  /** Such as `semicolon`. */
  readonly delimiter: string;
}

/** How the policy, and the source of that name in it, say that rosters are written. */
export interface RosterSettings extends Pick<Policy['roster'], 'columns' | 'ignore' | 'encoding'> {
  readonly usual: RosterColumns;
  readonly words: StatusWords;
  readonly style: DateStyle;
  /** Words in the column of the manager for nobody. */
  readonly nobody: readonly string[];
  /** The second line holds labels, and no person. */
  readonly hasLabels: boolean;
}

export function settingsOf(
  { roster, sources, defaultTimeZone }: Pick<Policy, 'roster' | 'sources' | 'defaultTimeZone'>,
  source: string,
): RosterSettings {
  const { columns, ignore, encoding, statuses, system } = roster;
  const sender = sources.find(({ name }) => name === source);
  const ready: ReadyRoster | undefined = system === undefined ? undefined : readyRosters[system];
  return {
    ...{ columns, encoding },
    ignore: [...ignore, ...(ready?.ignore ?? [])],
    usual: ready?.columns ?? {},
    words: [statuses, ready?.statuses ?? commonStatuses],
    style: { timeZone: sender?.timeZone ?? defaultTimeZone, dates: sender?.dates },
    nobody: (ready?.nobody ?? []).map(foldCase),
    hasLabels: ready?.hasLabels ?? false,
  };
}

/** Reads a roster line by line. Throws a `UsageError` where the file or its header cannot be used. */
export async function readRoster(path: string, settings: RosterSettings): Promise<Roster> {
  const { text, encoding } = await readText(path, settings.encoding);
  const csv = readCsv(text);
  const filled = settings.hasLabels ? csv.rows.slice(1) : csv.rows;
  const { uses, fields, decisions } = chooseColumns({ header: csv.header, rows: filled }, settings);
  const rows: RosterRow[] = [];
  const odd: OddRow[] = csv.unreadable.map(({ text: said, ...one }) => ({ ...one, cells: { '@line': said } }));
  const cellsOf = new Map<number, Cells>();
  for (const { line, cells } of filled) {
    const record: Record<string, string> = {};
    for (const [field, index] of fields) {
      const cell = cells[index] ?? '';
      const isNobody = field === 'manager' && settings.nobody.includes(foldCase(cell));
      if (cell !== '' && !isNobody) record[field] = cell;
    }
    cellsOf.set(line, record);
    const { row, problem } = readRow(record, line, settings);
    if (row !== undefined) rows.push(row);
    if (problem !== undefined) odd.push(problem);
  }
  return {
    rows,
    cells: cellsOf,
    odd: odd.toSorted((a, b) => a.line - b.line),
    columns: uses,
    decisions,
    encoding,
    delimiter: csv.delimiter,
  };
}

interface ReadRow {
  readonly row?: RosterRow;
  readonly problem?: OddRow;
}

const unprintable = /\p{Cc}/u;

/** The same rules as for what a webhook says. */
const text = (max: number) => (value: string) => {
  if (value.length > max) throw new UsageError(`must have at most ${max} characters`);
  if (!unprintable.test(value) && value.isWellFormed()) return value;
  throw new UsageError('must be a text without control characters');
};

/** One line, of which the cells are known by field. */
export function readRow(record: Cells, line: number, settings: RosterSettings): ReadRow {
  const faults: string[] = [];
  const leftOut: string[] = [];
  const take = <T>(field: string, read: (value: string) => T, into = faults): T | undefined => {
    const value = record[field];
    if (value === undefined) return undefined;
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      into.push(`${field} ${error.message}`);
      return undefined;
    }
  };
  const externalId = take('externalId', idText);
  const email = take('email', emailOf);
  const timeZone = take('timeZone', zoneOf, leftOut);
  const style = { ...settings.style, ...(timeZone === undefined ? {} : { timeZone }) };
  const status = take('status', (value) => statusOf(value, settings));
  const startDate = take('startDate', (value) => dayOf(value, style, 'startDate'));
  const endDate = take('endDate', (value) => dayOf(value, style, 'endDate'));
  const names = Object.fromEntries(
    ['name', 'title', 'department', 'manager'].map((field) => [field, take(field, text(255), leftOut)]),
  );
  const further = Object.keys(record).filter((field) => !rowFields.includes(field));
  const extra = defined(Object.fromEntries(further.map((field) => [field, take(field, text(1_000), leftOut)])));

  const isLeave =
    status === 'ended' || (status === undefined && record['status'] === undefined && endDate !== undefined);
  if (email === undefined && record['email'] === undefined && !(isLeave && externalId !== undefined)) {
    faults.push('email is missing');
  }
  const isNamed = externalId !== undefined || (email !== undefined && record['externalId'] === undefined);
  const who = isNamed ? { externalId, email } : undefined;
  const employment = { line, externalId, email, status, endDate };
  const said = { timeZone, ...names, ...(further.length === 0 ? {} : { extra }) };
  const tooLarge = sizeProblemOf(defined({ email, ...said }));
  if (tooLarge !== undefined) faults.push(tooLarge);
  if (faults.length === 0) {
    if (email === undefined) return { row: defined({ ...employment, timeZone, isOdd: true }) };
    const row = defined({ ...employment, startDate, ...said });
    if (leftOut.length === 0) return { row };
    // The fact does not wait for what is beside it.
    const message = `${leftOut.join('; ')}: the rest of the line is taken`;
    return { row, problem: { line, message, who, cells: record, isFactTaken: true } };
  }
  const canLeave = isLeave && isNamed;
  const message = [...faults, ...leftOut].join('; ') + (canLeave ? ': only that they leave is taken' : '');
  return {
    ...(canLeave ? { row: defined({ ...employment, timeZone, isOdd: true }) } : {}),
    problem: { line, message, who, cells: record, ...(canLeave ? { isFactTaken: true } : {}) },
  };
}

/** What the intake would not take of the line, whatever it changes. */
const sizeProblemOf = (person: Partial<PersonAttributes>): string | undefined =>
  sizeProblem(person, envelopeBytes + Buffer.byteLength(canonicalJson(person)));

/** Without the fields that the line does not fill. */
const defined = <T extends object>(row: T) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

function idText(value: string): string {
  if (value.length <= 200 && isPlainId(value)) return value;
  throw new UsageError('must be an id of at most 200 characters, all of which can be seen');
}

function emailOf(value: string): string {
  if (isEmail(value)) return value;
  throw new UsageError('must be an e-mail address');
}

function zoneOf(value: string): string {
  if (value.length <= 64 && isTimeZone(value)) return value;
  throw new UsageError('must be an IANA time zone such as Europe/Berlin');
}

function statusOf(value: string, { words }: RosterSettings): EmploymentStatus {
  const status = rosterStatus(value, words);
  if (status !== undefined) return status;
  throw new UsageError('is no status that is known: name it in roster.statuses');
}

/** Undefined where there is no date, or no end. */
function dayOf(value: string, style: DateStyle, field: string): string | undefined {
  const date = readDate(value, style);
  if (date.kind === 'open' && field === 'startDate') throw new UsageError('must be a first day, not one for no end');
  return whenOf(date);
}
