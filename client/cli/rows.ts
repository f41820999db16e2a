import { Option, type Command } from 'commander';
import { UsageError } from '../../domain/errors.ts';
import { isJson } from './command.ts';
import { printCsv, printResult, renderCsv, type Cell } from './output.ts';
import type { Shell } from './shell.ts';
import { renderParagraph, renderTable } from './table.ts';

/** How lists are printed: as a table, whole or to the terminal's width, as JSON, as CSV. */

const formats = ['table', 'json', 'csv'] as const;
type Format = (typeof formats)[number];

export type Columns<T> = Readonly<Record<string, (row: T) => Cell>>;

export interface List<T> {
  /** All that there is, as CSV and `--wide` show it. */
  readonly columns: Columns<T>;
  /** Names of those in the table, in its order; without it all. */
  readonly shown?: readonly string[];
  /** Names of those that the table can spare where the terminal is narrow, the first to go last. */
  readonly spare?: readonly string[];
  /** The line for an empty table. */
  readonly none: string;
}

interface ListOptions {
  readonly format?: Format;
  readonly csv?: boolean;
  readonly wide?: boolean;
}

/** `--csv` and `--wide`; `--format` too where the command has it. */
export function addListOptions(command: Command, { withFormat = false } = {}): Command {
  if (withFormat) command.addOption(new Option('--format <format>', 'how rows are printed (table)').choices(formats));
  // Before anything is opened or changed.
  command.hook('preAction', (_command, acting) => void chooseFormat(acting.opts<ListOptions>(), acting));
  return addWide(command.option('--csv', 'print CSV, with all columns'));
}

export const addWide = (command: Command): Command =>
  command.option('--wide', 'all columns, uncut, however narrow the terminal is');

/** With `--wide` the terminal counts as wide enough for anything. */
export const widened = (shell: Shell, { wide }: Pick<ListOptions, 'wide'>): Shell =>
  wide ? { ...shell, columns: undefined } : shell;

export function chooseFormat(options: ListOptions, command: Command): Format;
export function chooseFormat<F extends string>(
  options: { readonly format?: F; readonly csv?: boolean },
  command: Command,
  usual: F,
): F | 'json' | 'csv';
export function chooseFormat(
  { format, csv }: { readonly format?: string; readonly csv?: boolean },
  command: Command,
  usual = 'table',
): string {
  const flags = [...(isJson(command) ? ['json'] : []), ...(csv ? ['csv'] : [])];
  const named = new Set([...flags, ...(format === undefined ? [] : [format])]);
  if (named.size > 1) {
    const given = [...flags.map((flag) => `--${flag}`), ...(format === undefined ? [] : [`--format ${format}`])];
    throw new UsageError(`${given.join(' and ')}: give one of them`);
  }
  return [...named][0] ?? usual;
}

interface Around<T> {
  /** What `--json` prints where that is more than the rows. */
  readonly json?: unknown;
  /** The rows in another form than a table; `--wide` prints the table all the same. */
  readonly renderRows?: (shell: Shell, rows: readonly T[]) => string;
  /** For people, before and after the rows. */
  readonly above?: string;
  readonly below?: string;
}

export function printList<T>(
  shell: Shell,
  command: Command,
  rows: readonly T[],
  list: List<T>,
  { json, renderRows, above, below }: Around<T> = {},
): void {
  const options = command.opts<ListOptions>();
  const format = chooseFormat(options, command);
  if (format === 'csv') return printCsv(shell, renderCsv(Object.keys(list.columns), cellsOf(rows, list.columns)));
  printResult(shell, format === 'json', json ?? rows, () => {
    const parts = [above ?? '', table(), below ?? ''];
    return parts.filter((part) => part !== '').join('\n');
  });

  function table(): string {
    if (rows.length === 0) return renderParagraph(shell, list.none);
    return options.wide || renderRows === undefined ? renderList(shell, rows, list, options) : renderRows(shell, rows);
  }
}

/** The table of a list. */
function renderList<T>(
  shell: Shell,
  rows: readonly T[],
  { columns, shown, spare }: Omit<List<T>, 'none'>,
  { wide }: Pick<ListOptions, 'wide'> = {},
): string {
  const names = wide || shown === undefined ? Object.keys(columns) : shown;
  const chosen = Object.fromEntries(names.flatMap((name) => (columns[name] ? [[name, columns[name]]] : [])));
  return renderTable(widened(shell, { wide }), names.map(inWords), cellsOf(rows, chosen), {
    spare: spare?.map(inWords),
  });
}

/** `lastUsedAt` is `last used` for people. */
const inWords = (name: string): string =>
  name.replace(/At$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export const cellsOf = <T>(rows: readonly T[], columns: Columns<T>): readonly (readonly Cell[])[] =>
  rows.map((row) => Object.values(columns).map((cellOf) => cellOf(row)));
