import { paint, type Cell } from './output.ts';
import type { Shell } from './shell.ts';
import { clean, padTo, showTimes, widthOf, wrap } from './text.ts';

/**
 * Tables in plain columns. Where the terminal is too narrow for one, its columns are wrapped; then columns that can be
 * spared are dropped; and where that is not enough either, each row becomes a block of lines `name  value`.
 */

interface TableOptions {
  /** Columns to drop where the terminal is narrow, the last one first. */
  readonly spare?: readonly string[];
}

type Rows = readonly (readonly string[])[];

const gap = 2;
const linesOfACell = 4;
const linesOfAValue = 12;
/** A longer word is cut rather than given a column as wide as itself; ids and most e-mails are shorter. */
const longestWord = 40;
/** For a table that has given up all that it can spare. */
const shortestCut = 14;
const narrowest = 20;

export function renderTable(
  shell: Shell,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { spare = [] }: TableOptions = {},
): string {
  const texts = rows.map((row) => head.map((_name, index) => cellText(row[index])));
  const limit = limitOf(shell);
  for (const { leftOut, whole, breakTimes } of attemptsFor(spare.length)) {
    const missing = spare.slice(spare.length - leftOut);
    const kept = head.flatMap((name, index) => (missing.includes(name) ? [] : [index]));
    const names = kept.map((index) => head[index] ?? '');
    const cells = texts.map((row) => kept.map((index) => (breakTimes ? row[index] : held(row[index])) ?? ''));
    const widths = fit(names, cells, { limit, whole });
    if (widths === undefined) continue;
    const note = missing.length === 0 ? [] : wrapped(`(left out: ${missing.join(', ')}; --wide shows all)`, limit);
    return [...renderLines(shell, names, cells, widths), ...note].join('\n');
  }
  return texts
    .map((row) =>
      renderFields(
        shell,
        head.map((name, index) => [name, row[index]]),
      ),
    )
    .join('\n\n');
}

interface Attempt {
  /** How many columns go. */
  readonly leftOut: number;
  /** Words stay whole up to this length. */
  readonly whole: number;
  readonly breakTimes: boolean;
}

/** From the best table to the last one that is still a table. */
function attemptsFor(spare: number): readonly Attempt[] {
  const attempts = Array.from({ length: spare + 1 }, (_none, leftOut) =>
    [false, true].map((breakTimes) => ({ leftOut, whole: longestWord, breakTimes })),
  ).flat();
  return spare === 0 ? attempts : [...attempts, { leftOut: spare, whole: shortestCut, breakTimes: true }];
}

/** A day and its time on one line. */
const held = (text: string | undefined): string | undefined =>
  text?.replace(/^(\S{10}) (\d\d:\d\dZ)$/, `$1${noBreak}$2`);
const noBreak = '\u00a0';

/** Lines `name  value`, without those that have no value. */
export function renderFields(shell: Shell, fields: readonly (readonly [string, Cell])[]): string {
  const { bold } = paint(shell);
  const shown = fields.map(([name, value]) => [name, cellText(value)] as const).filter(([, value]) => value !== '');
  const label = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  const width = Math.max(narrowest, limitOf(shell) - label - gap);
  return shown
    .flatMap(([name, value]) =>
      wrap(value, { width, maxLines: linesOfAValue, breakWords: true }).map((line, index) =>
        `${index === 0 ? bold(padTo(name, label)) : ' '.repeat(label)}${' '.repeat(gap)}${line}`.trimEnd(),
      ),
    )
    .join('\n');
}

/** A text of any length, wrapped to the terminal and indented. */
export function renderParagraph(shell: Shell, text: string, indent = 0): string {
  return wrapped(cellText(text), Math.max(narrowest, limitOf(shell) - indent))
    .map((line) => ' '.repeat(indent) + line)
    .join('\n');
}

const limitOf = ({ columns }: Shell): number => columns ?? Number.POSITIVE_INFINITY;

const wrapped = (text: string, width: number) =>
  wrap(text, { width, maxLines: Number.POSITIVE_INFINITY, breakWords: true });

function cellText(cell: Cell): string {
  return cell === undefined ? '' : showTimes(clean(String(cell).replaceAll(/\s+/g, ' ').trim()));
}

const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);

/** A width for each column, whose words stay whole up to the length `whole`; or undefined where even the narrowest ones are too wide together. */
function fit(
  names: readonly string[],
  rows: Rows,
  { limit, whole }: { readonly limit: number; readonly whole: number },
): readonly number[] | undefined {
  const widest = (index: number, widthsOf: (text: string) => readonly number[]) =>
    rows.reduce((width, row) => Math.max(width, ...widthsOf(row[index] ?? '')), widthOf(names[index] ?? ''));
  const natural = names.map((_name, index) => widest(index, (text) => [widthOf(text)]));
  const room = limit - gap * (names.length - 1);
  if (sum(natural) <= room) return natural;
  const widthsOfWords = (text: string) =>
    text
      .split(' ')
      .map(widthOf)
      .map((width) => (width > whole ? Math.min(whole, narrowest) : width));
  const widths = names.map((_name, index) => widest(index, widthsOfWords));
  for (let left = room - sum(widths); left >= 0; left -= 1) {
    if (left === 0) return widths;
    const [next] = widths
      .map((width, index) => ({ width, index }))
      .filter(({ width, index }) => width < (natural[index] ?? 0))
      .toSorted((one, other) => one.width - other.width);
    if (next === undefined) return widths;
    widths[next.index] = next.width + 1;
  }
  return undefined;
}

function renderLines(shell: Shell, names: readonly string[], rows: Rows, widths: readonly number[]): string[] {
  const { bold } = paint(shell);
  const line = (cells: readonly string[], style: (text: string) => string = (text) => text) =>
    cells
      .map((cell, index) => (index === cells.length - 1 ? style(cell) : style(padTo(cell, widths[index] ?? 0))))
      .join(' '.repeat(gap))
      .replaceAll(noBreak, ' ')
      .trimEnd();
  const linesOf = (row: readonly string[]) => {
    const cells = row.map((cell, index) => wrap(cell, { width: widths[index] ?? 0, maxLines: linesOfACell }));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_none, index) => line(cells.map((lines) => lines[index] ?? '')));
  };
  return [line(names, bold), ...rows.flatMap(linesOf)];
}
