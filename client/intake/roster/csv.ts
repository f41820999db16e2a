import { UsageError } from '../../../domain/errors.ts';

/**
 * Rows of cells, each with its line. Read here and not by a library, since one that meets a quotation mark that is not closed takes
 * the lines after it for a cell, and does not say which they were: here it costs its own line alone.
 */

interface CsvRow {
  /** The first of its lines, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

interface UnreadableLine {
  readonly line: number;
  readonly message: string;
  /** As it stands in the file. */
  readonly text: string;
}

interface Csv {
  /** Such as `semicolon`. */
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
  readonly unreadable: readonly UnreadableLine[];
}

const delimiterNames = { ',': 'comma', ';': 'semicolon', '\t': 'tab' } as const;
type Delimiter = keyof typeof delimiterNames;
const delimiters = Object.keys(delimiterNames) as Delimiter[];

/** A cell with more lines than this is one whose quotation mark was forgotten. */
const maxLines = 100;

const unclosed = 'has a quotation mark that is not closed';

/** Reads text with LF as line end. Throws a `UsageError` where it has no header, or one that may be split in two ways. */
export function readCsv(text: string): Csv {
  const lines = text.split('\n');
  const named = /^"?sep=([,;\t])"?$/i.exec(lines[0]?.trimEnd() ?? '')?.[1];
  const first = lines.findIndex((line, index) => (index > 0 || named === undefined) && line.trim() !== '');
  if (first === -1) throw new UsageError('The file is empty: it needs a header line');
  const delimiter = delimiters.find((one) => one === named) ?? delimiterOf(lines[first] ?? '');
  const header = readRow(lines, first, delimiter);
  if ('problem' in header) throw new UsageError(`The header in line ${first + 1} ${header.problem}`);
  const rows: CsvRow[] = [];
  const unreadable: UnreadableLine[] = [];
  const columns = header.cells.length;
  for (let at = header.next, line = at + 1; at < lines.length; line = at + 1) {
    const row = readRow(lines, at, delimiter);
    const problem =
      'problem' in row ? row.problem : problemOf(row, lines.slice(line, row.next), { delimiter, columns });
    if (problem !== undefined) unreadable.push({ line, message: problem, text: lines[at] ?? '' });
    // Spreadsheets write rows of delimiters alone.
    else if ('cells' in row && row.cells.some((cell) => cell !== '')) rows.push({ line, cells: row.cells });
    at = 'problem' in row || problem === unclosed ? line : row.next;
  }
  return { delimiter: delimiterNames[delimiter], header: header.cells, rows, unreadable };
}

/** What stands most often in the header, outside of quotes. */
function delimiterOf(header: string): Delimiter {
  const bare = header.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counted = delimiters
    .map((delimiter) => ({ delimiter, count: bare.split(delimiter).length - 1 }))
    .toSorted((a, b) => b.count - a.count);
  const [most, second] = counted;
  if (most !== undefined && second !== undefined && most.count > 0 && most.count === second.count) {
    throw new UsageError(
      `The header may be split at each ${delimiterNames[most.delimiter]} or at each ${delimiterNames[second.delimiter]}: say it with a first line such as sep=;`,
    );
  }
  return most?.delimiter ?? ',';
}

type ReadRow = { readonly cells: readonly string[]; readonly next: number } | { readonly problem: string };

/** The row that begins in this line, by RFC 4180; blanks around a cell do not count. `next` is the line after it. */
function readRow(lines: readonly string[], first: number, delimiter: Delimiter): ReadRow {
  const cells: string[] = [];
  let line = lines[first] ?? '';
  if (!line.includes('"')) return { cells: line.split(delimiter).map((cell) => cell.trim()), next: first + 1 };
  let at = first;
  for (let from = 0; from <= line.length;) {
    const begin = skipBlanks(line, from, delimiter);
    if (line[begin] !== '"') {
      const end = endOfCell(line, from, delimiter);
      // Excel writes ="0042" for a number that keeps its zeros.
      cells.push(
        line
          .slice(from, end)
          .trim()
          .replace(/^="(.*)"$/, '$1'),
      );
      from = end + 1;
      continue;
    }
    let [cell, open] = ['', begin + 1];
    for (;;) {
      const quote = line.indexOf('"', open);
      if (quote === -1) {
        const following = lines[at + 1];
        if (following === undefined || at - first >= maxLines) return { problem: unclosed };
        cell += `${line.slice(open)}\n`;
        [line, at, open] = [following, at + 1, 0];
        continue;
      }
      cell += line.slice(open, quote);
      open = quote + 1;
      if (line[open] !== '"') break;
      cell += '"';
      open += 1;
    }
    const end = skipBlanks(line, open, delimiter);
    if (end < line.length && line[end] !== delimiter) return { problem: 'has a quotation mark that is not doubled' };
    cells.push(cell.trim());
    from = end + 1;
  }
  return { cells, next: at + 1 };
}

const endOfCell = (line: string, from: number, delimiter: Delimiter): number => {
  const end = line.indexOf(delimiter, from);
  return end === -1 ? line.length : end;
};

function skipBlanks(line: string, from: number, delimiter: Delimiter): number {
  let at = from;
  while (at < line.length && line[at] !== delimiter && (line[at] ?? '').trim() === '') at += 1;
  return at;
}

/** A line inside of a quoted cell that has as many cells as a row is a row. */
function problemOf(
  { cells }: Pick<CsvRow, 'cells'>,
  inner: readonly string[],
  { delimiter, columns }: { readonly delimiter: Delimiter; readonly columns: number },
): string | undefined {
  if (columns > 1 && inner.some((line) => line.split(delimiter).length >= columns)) return unclosed;
  if (cells.length === columns || cells.every((cell) => cell === '')) return undefined;
  return `has ${cells.length} cells, and the header has ${columns}`;
}
