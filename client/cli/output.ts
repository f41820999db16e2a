import Table from 'cli-table3';
import colors from 'picocolors';
import type { Shell } from './shell.ts';

export type Cell = string | number | boolean | undefined;

/** Prints a result: with `--json` exactly one JSON value, else what `render` makes of it. */
export function printResult<T>(shell: Shell, isJson: boolean, value: T, render: (value: T) => string): void {
  shell.writeOut(`${isJson ? JSON.stringify(value, undefined, 2) : render(value).replace(/\n+$/, '')}\n`);
}

export function printMessage(shell: Shell, text: string): void {
  shell.writeErr(`${clean(text)}\n`);
}

export const paint = (shell: Shell) => colors.createColors(shell.isColourful);

/** A table with lines on a terminal, and in plain columns elsewhere. */
export function renderTable(shell: Shell, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const { bold } = paint(shell);
  const plain = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' };
  const lines = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' };
  const columns = { right: '', 'right-mid': '', middle: '  ' };
  const table = new Table({
    head: head.map((name) => bold(name)),
    style: { head: [], border: [], ...(shell.isTerminal ? {} : { 'padding-left': 0, 'padding-right': 0 }) },
    ...(shell.isTerminal ? {} : { chars: { ...plain, ...lines, ...columns } }),
  });
  table.push(...rows.map((row) => row.map((cell) => clean(text(cell)))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function renderCsv(head: readonly string[] | undefined, rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => cells.map(csvCell).join(',');
  return [...(head === undefined ? [] : [head]), ...rows].map(line).join('\r\n');
}

function csvCell(cell: Cell): string {
  const plain = text(cell);
  const value = typeof cell === 'string' && /^[=+\-@\t\r\n＝＋－＠]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

const text = (cell: Cell): string => (cell === undefined ? '' : String(cell));

/** Names come from outside: control characters could rewrite what a person sees on the terminal. */
export function clean(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
}
