/** One figure with the target it is held against. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Written behind the value, such as ` KiB`; empty for counts and ratios. */
  readonly unit?: string;
  readonly target: number;
  /** The range over the repetitions, where there were several. */
  readonly spread?: readonly [least: number, most: number];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError('a median needs at least one value');
  return (low + high) / 2;
}

export const spreadOf = (values: readonly number[]): readonly [number, number] => [
  Math.min(...values),
  Math.max(...values),
];

/** One line: the value, its target, and whether it is reached. */
export function describeFigure({ name, value, unit = '', target, spread }: Figure): string {
  const text = `${round(value)}${unit}`;
  const around = spread === undefined ? '' : ` (${round(spread[0])} to ${round(spread[1])})`;
  const verdict = value <= target ? 'reached' : 'not reached';
  return `${name.padEnd(62)} ${text.padStart(10)}${around}, target at most ${round(target)}${unit}: ${verdict}`;
}

export const round = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));
