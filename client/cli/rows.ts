import type { Command } from 'commander';
import { isJson } from './command.ts';
import { printResult, renderCsv, renderTable, type Cell } from './output.ts';
import type { Shell } from './shell.ts';
import { UsageError } from '../../domain/errors.ts';

/** How lists of the inventory are printed: as a table, as JSON, as CSV. */

export const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

export type Columns<T> = Readonly<Record<string, (row: T) => Cell>>;

export function chooseFormat(format: Format | undefined, command: Command): Format;
export function chooseFormat<F extends string>(format: F | undefined, command: Command, usual: F): F | 'json';
export function chooseFormat(format: string | undefined, command: Command, usual = 'table'): string {
  if (!isJson(command)) return format ?? usual;
  if (format !== undefined && format !== 'json')
    throw new UsageError(`--json and --format ${format}: give one of them`);
  return 'json';
}

export function printRows<T>(
  shell: Shell,
  format: Format,
  rows: readonly T[],
  columns: Columns<T>,
  none: string,
): void {
  const head = Object.keys(columns);
  const cells = () => cellsOf(rows, columns);
  printResult(shell, format === 'json', rows, () => {
    if (format === 'csv') return renderCsv(head, cells());
    return rows.length === 0 ? none : renderTable(shell, head, cells());
  });
}

export const cellsOf = <T>(rows: readonly T[], columns: Columns<T>): readonly (readonly Cell[])[] =>
  rows.map((row) => Object.values(columns).map((cellOf) => cellOf(row)));
