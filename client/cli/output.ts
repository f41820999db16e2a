import colors from 'picocolors';
import type { Shell } from './shell.ts';
import { clean, cleanKeepingColors, showTimes } from './text.ts';

export type Cell = string | number | boolean | undefined;

/** Prints a result: with `--json` exactly one JSON value, else what `render` makes of it. */
export function printResult<T>(shell: Shell, isJson: boolean, value: T, render: (value: T) => string): void {
  if (isJson) shell.writeOut(`${toJson(value, 2)}\n`);
  else printText(shell, render(value));
}

function printText(shell: Shell, text: string): void {
  const safe = shell.isColorful ? cleanKeepingColors(text) : clean(text);
  shell.writeOut(`${showTimes(safe).replace(/\n+$/, '')}\n`);
}

export function printMessage(shell: Shell, text: string): void {
  shell.writeErr(`${showTimes(clean(text))}\n`);
}

export const paint = (shell: Shell) => colors.createColors(shell.isColorful);

/** JSON without characters that a terminal obeys: `JSON.stringify` escapes only some of them. */
export function toJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replaceAll(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function renderCsv(head: readonly string[] | undefined, rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => cells.map(csvCell).join(',');
  return [...(head === undefined ? [] : [head]), ...rows].map(line).join('\r\n');
}

/** A file gets the characters as they are, a terminal none that it would obey. */
export function printCsv(shell: Shell, csv: string): void {
  shell.writeOut(`${shell.isTerminal ? csv.split('\r\n').map(clean).join('\r\n') : csv}\r\n`);
}

function csvCell(cell: Cell): string {
  const plain = cell === undefined ? '' : String(cell);
  const value = typeof cell === 'string' && /^[=+\-@\t\r\n＝＋－＠]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
