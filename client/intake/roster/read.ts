import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { z } from 'zod';
import { isLocalDate, isTimeZone } from '../localDates.ts';
import { UsageError } from '../../../domain/errors.ts';
import { isEmail } from '../../../domain/text.ts';

/** One person as a roster names them. Days are local dates in the person's time zone. */
export interface RosterRow {
  /** Counted from 1, the header included. */
  readonly line: number;
  readonly externalId?: string;
  readonly email: string;
  readonly name?: string;
  readonly title?: string;
  readonly department?: string;
  readonly manager?: string;
  readonly timeZone?: string;
  readonly startDate?: string;
  /** The last working day. */
  readonly endDate?: string;
  readonly extra?: Readonly<Record<string, string>>;
}

/** What is wrong with one line of the file; the other lines are planned. */
export interface RowProblem {
  readonly line: number;
  readonly message: string;
}

export interface Roster {
  readonly rows: readonly RosterRow[];
  readonly problems: readonly RowProblem[];
}

/** Field → column. A field that is not one of the row's own becomes a further attribute of the person. */
export type RosterColumns = Readonly<Record<string, string>>;

/** Headers that are understood without a mapping, in lower case, letters only. */
const knownHeaders = {
  externalId: ['externalid', 'personid', 'employeeid', 'id'],
  email: ['email', 'emailaddress', 'workemail'],
  name: ['name', 'fullname', 'displayname'],
  title: ['title', 'jobtitle'],
  department: ['department'],
  manager: ['manager', 'manageremail', 'managerid'],
  timeZone: ['timezone'],
  startDate: ['startdate', 'hiredate'],
  endDate: ['enddate', 'leavedate', 'terminationdate'],
} as const;
const fields = Object.keys(knownHeaders);

const day = z.string().refine(isLocalDate, { error: 'must be a day such as 2026-01-31' });
const shortText = z.string().max(255, { error: 'must have at most 255 characters' });
const rowSchema = z.object({
  externalId: z.string().max(200, { error: 'must have at most 200 characters' }).optional(),
  email: z.string({ error: 'is missing' }).refine(isEmail, { error: 'must be an e-mail address' }),
  name: shortText.optional(),
  title: shortText.optional(),
  department: shortText.optional(),
  manager: shortText.optional(),
  timeZone: z.string().refine(isTimeZone, { error: 'must be an IANA time zone such as Europe/Berlin' }).optional(),
  startDate: day.optional(),
  endDate: day.optional(),
});

/** Reads a roster line by line. Throws a `UsageError` where the file or its header cannot be used. */
export async function readRoster(path: string, columns: RosterColumns = {}): Promise<Roster> {
  const rows: RosterRow[] = [];
  const problems: RowProblem[] = [];
  const parser = pipeline(
    createReadStream(path),
    parse({
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      columns: (header: string[]) => chooseFields(header, columns),
      skip_records_with_error: true,
      on_skip: (error) => {
        problems.push({
          line: Number(error?.lines ?? 0),
          message: `cannot be read as CSV: ${error?.code ?? 'malformed'}`,
        });
      },
    }),
    // The reader gets the error.
    () => undefined,
  );
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      const row = readRow(record, info.lines);
      if ('message' in row) problems.push(row);
      else rows.push(row);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path} cannot be read: ${code ?? message}`);
  }
  return { rows, problems: problems.toSorted((a, b) => a.line - b.line) };
}

/** The field that each column fills, or `false` for a column that is not used. */
function chooseFields(header: readonly string[], columns: RosterColumns): (string | false)[] {
  const missing = Object.entries(columns).find(([, column]) => !header.includes(column));
  if (missing !== undefined) {
    throw new UsageError(
      `The file has no column "${missing[1]}", which roster.columns.${missing[0]} names: its columns are ${header.join(', ')}`,
    );
  }
  const mapped = new Map(Object.entries(columns).map(([field, column]) => [column, field]));
  const taken = new Set(Object.keys(columns));
  const chosen = header.map((column) => {
    const named = mapped.get(column);
    if (named !== undefined) return named;
    const folded = column.toLowerCase().replaceAll(/[^a-z]/g, '');
    const field = Object.entries(knownHeaders).find(
      ([name, headers]) => !taken.has(name) && headers.some((known) => known === folded),
    )?.[0];
    if (field === undefined) return false;
    taken.add(field);
    return field;
  });
  if (!taken.has('email')) {
    throw new UsageError(
      `No column holds the e-mail: name it in the policy, roster.columns.email; the columns are ${header.join(', ')}`,
    );
  }
  return chosen;
}

function readRow(record: Readonly<Record<string, string>>, line: number): RosterRow | RowProblem {
  const filled = Object.entries(record).filter(([, value]) => value !== '');
  const parsed = rowSchema.safeParse(Object.fromEntries(filled.filter(([field]) => fields.includes(field))));
  if (!parsed.success) {
    const said = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    return { line, message: said.join('; ') };
  }
  const extra = Object.fromEntries(filled.filter(([field]) => !fields.includes(field)));
  return { line, ...parsed.data, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}
