import { UsageError } from '../../../domain/errors.ts';
import { foldCase } from '../../../domain/text.ts';
import { isDateLike, rosterStatus, type StatusWords } from './looks.ts';

/** Which column of a roster is which field. What may be one and is not said by the policy is asked, not guessed. */

/** Field → column. A field that is not one of the row's own becomes a further attribute of the person. */
export type RosterColumns = Readonly<Record<string, string>>;

export interface ColumnUse {
  readonly column: string;
  /** Absent where it is not used. */
  readonly field?: string;
  /** Why it is not used, or that somebody has to say what it is. */
  readonly note?: string;
}

interface ChosenColumns {
  readonly uses: readonly ColumnUse[];
  /** Field → index of its column. */
  readonly fields: ReadonlyMap<string, number>;
  /** What the policy has to say before anything is applied. */
  readonly decisions: readonly string[];
}

interface Sheet {
  readonly header: readonly string[];
  readonly rows: readonly { readonly cells: readonly string[] }[];
}

interface Said {
  readonly columns: RosterColumns;
  /** Of the system whose export the file is: what the file does not have is not taken. */
  readonly usual: RosterColumns;
  readonly ignore: readonly string[];
  readonly words: StatusWords;
}

/** Headers that are understood without a mapping, folded. */
const knownHeaders: Readonly<Record<string, readonly string[]>> = {
  externalId: [
    ...['id', 'externalid', 'personid', 'employeeid', 'employeenumber', 'employeeno', 'employeecode', 'empid', 'empno'],
    ...['personnelid', 'personnelnumber', 'personnelno', 'workerid', 'workernumber', 'staffid', 'staffnumber', 'hrid'],
    ...['associateid', 'useremployeeid', 'personalnummer', 'mitarbeiternummer'],
  ],
  email: ['email', 'emailaddress', 'workemail', 'workemailaddress', 'companyemail', 'businessemail', 'emailwork'],
  name: ['name', 'fullname', 'displayname'],
  title: ['title', 'jobtitle', 'position', 'positiontitle'],
  department: ['department', 'departmentname'],
  manager: ['manager', 'manageremail', 'managerid', 'reportsto', 'supervisor', 'supervisoremail', 'supervisorid'],
  timeZone: ['timezone'],
  status: ['status', 'employmentstatus', 'employeestatus', 'workerstatus', 'hrstatus'],
  startDate: ['startdate', 'hiredate', 'joindate', 'joiningdate', 'dateofjoining', 'dateofhire', 'firstday'],
  endDate: [
    ...['enddate', 'leavedate', 'leavingdate', 'terminationdate', 'lastday', 'lastworkingday', 'lastdayofwork'],
    ...['exitdate', 'separationdate', 'dateofleaving', 'contractenddate', 'employmentenddate'],
  ],
};
/** Fields of a row that are no further attributes. */
export const rowFields = Object.keys(knownHeaders);

const privateMail = /(?:private|personal|home|privat).*mail|mail.*(?:private|personal|home|privat)/;
const idName =
  /(?:employee|worker|personnel|staff|person|payroll|associate|colleague|badge|employment).*(?:id|number|no|code)$/;
const salutation = /^(?:mr|mrs|ms|miss|mx|dr|prof|herr|frau|sir|madam)\.?$/i;

/** `Employee #` and `employee_number` are the same name. */
const folded = (column: string): string =>
  foldCase(column)
    .replaceAll('#', 'number')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

/** A column that the policy does not name. */
interface Unsaid {
  readonly column: string;
  readonly index: number;
  /** The field that it is by its name. */
  readonly claim: string | undefined;
  readonly values: readonly string[];
}

/** Throws a `UsageError` where the policy names a column that is not there, or none holds the e-mail. */
export function chooseColumns({ header, rows }: Sheet, said: Said): ChosenColumns {
  const fields = namedFields(header, said.columns);
  for (const [field, column] of Object.entries(said.usual)) {
    const index = header.indexOf(column);
    if (index !== -1 && !fields.has(field) && ![...fields.values()].includes(index)) fields.set(field, index);
  }
  const ignored = new Set(said.ignore.map(foldCase));
  const valuesOf = (index: number): string[] =>
    rows.map(({ cells }) => cells[index] ?? '').filter((value) => value !== '');
  const uses = header.map((column, index): ColumnUse | Unsaid => {
    const field = [...fields].find(([, at]) => at === index)?.[0];
    if (field !== undefined) return { column, field };
    if (ignored.has(foldCase(column))) return { column, note: 'roster.ignore' };
    const name = folded(column);
    if (privateMail.test(name)) return { column, note: 'a private e-mail is never taken by itself' };
    return { column, index, claim: claimOf(name), values: valuesOf(index) };
  });
  const claims = Map.groupBy(
    uses.flatMap((use) => ('values' in use && use.claim !== undefined ? [{ ...use, claim: use.claim }] : [])),
    ({ claim }) => claim,
  );
  const decisions: string[] = [];
  for (const [field, claiming] of claims) {
    const [only, second] = claiming;
    if (fields.has(field) || only === undefined) continue;
    if (second !== undefined) decisions.push(doubled(field, claiming));
    else if (field === 'title' && only.values.length > 0 && only.values.every((value) => salutation.test(value))) {
      decisions.push(`"${only.column}" holds forms of address: ${decideOn(only.column, 'title')}`);
    } else fields.set(field, only.index);
  }
  const hasId = fields.has('externalId');
  const shown = uses.map((use): ColumnUse => {
    if (!('values' in use)) return use;
    const { column, index, claim, values } = use;
    if (claim !== undefined) {
      const taken = fields.get(claim);
      if (taken === index) return { column, field: claim };
      return { column, note: taken === undefined ? 'to be decided' : `${claim} is "${header[taken] ?? ''}"` };
    }
    const looks = values.length === 0 ? undefined : lookOf(folded(column), values, { hasId, words: said.words });
    if (looks === undefined) return { column, note: 'not known' };
    decisions.push(`"${column}" looks like ${looks.what}: ${decideOn(column, looks.field)}`);
    return { column, note: 'to be decided' };
  });
  if (!fields.has('email') && !claims.has('email')) {
    throw new UsageError(
      `No column holds the e-mail: name it in the policy, roster.columns.email; the columns are ${header.join(', ')}`,
    );
  }
  return { uses: shown, fields, decisions };
}

/** Throws a `UsageError` where a column is not there, or is there twice. */
function namedFields(header: readonly string[], columns: RosterColumns): Map<string, number> {
  const fields = new Map<string, number>();
  for (const [field, column] of Object.entries(columns)) {
    const index = header.indexOf(column);
    if (index === -1) {
      throw new UsageError(
        `The file has no column "${column}", which roster.columns.${field} names: its columns are ${header.join(', ')}`,
      );
    }
    if (header.lastIndexOf(column) !== index) {
      throw new UsageError(`Two columns are called "${column}", which roster.columns.${field} names: rename one`);
    }
    fields.set(field, index);
  }
  return fields;
}

const claimOf = (name: string): string | undefined =>
  Object.entries(knownHeaders).find(([, headers]) => headers.includes(name))?.[0];

const doubled = (field: string, claiming: readonly { readonly column: string }[]): string => {
  const names = claiming.map(({ column }) => `"${column}"`);
  return `${names.join(' and ')} may each be the ${field}: name the right one in roster.columns.${field}`;
};

const decideOn = (column: string, field: string): string =>
  `name it in roster.columns, such as ${field}: ${column}, or list it in roster.ignore`;

/** What a column that nobody has named may be, by its name or by what it holds. */
function lookOf(
  name: string,
  values: readonly string[],
  { hasId, words }: { readonly hasId: boolean } & Pick<Said, 'words'>,
): { readonly what: string; readonly field: string } | undefined {
  // A day of birth says nothing of employment.
  if (/birth|dob|geburt|phone|fax|zip|postal/.test(name)) return undefined;
  const most = (is: (value: string) => boolean): boolean => values.filter(is).length > values.length * 0.8;
  if (
    /status|terminated|inactive|isactive|onleave/.test(name) ||
    most((value) => rosterStatus(value, words) !== undefined)
  ) {
    return { what: 'a status', field: 'status' };
  }
  if (/date|datum/.test(name) || most(isDateLike)) return { what: 'a date', field: 'endDate' };
  if (idName.test(name) || (!hasId && isIdLike(values))) return { what: 'an id', field: 'externalId' };
  return undefined;
}

/** Digits in each, no two alike. */
const isIdLike = (values: readonly string[]): boolean =>
  values.every((value) => /^[\p{L}\p{N}._-]{1,40}$/u.test(value) && /\d/.test(value)) &&
  values.length > 1 &&
  new Set(values).size === values.length;
