const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** The longest first; `short` is how a command line writes it. */
const units = [
  { unit: 'week', short: 'w', unitMs: 7 * dayMs },
  { unit: 'day', short: 'd', unitMs: dayMs },
  { unit: 'hour', short: 'h', unitMs: hourMs },
  { unit: 'minute', short: 'm', unitMs: minuteMs },
  { unit: 'second', short: 's', unitMs: secondMs },
  { unit: 'millisecond', short: 'ms', unitMs: 1 },
] as const;

/** `7 days`, `90 seconds`, `90s` or `1.5h` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, written = ''] = /^(\d{1,9}(?:\.\d{1,3})?) *([a-z]+)$/i.exec(text.trim()) ?? [];
  const name = written.toLowerCase();
  const known = units.find(({ unit, short }) => name === short || name === unit || name === `${unit}s`);
  return count === undefined || known === undefined ? undefined : Math.round(Number(count) * known.unitMs);
}

/** In the longest unit that divides it, weeks aside: `604800000` is `7 days`. */
export function formatDuration(ms: number): string {
  const dividing = units.find(({ unit, unitMs }) => unit !== 'week' && ms >= unitMs && ms % unitMs === 0);
  const { unit, unitMs } = dividing ?? { unit: 'second', unitMs: secondMs };
  const count = ms / unitMs;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Of so many seconds, roughly: in the largest unit of which there are two, or in seconds. */
export function formatAge(seconds: number): string {
  const ms = seconds * secondMs;
  const roomy = units.find(({ unit, unitMs: of }) => unit !== 'week' && of >= secondMs && ms >= 2 * of);
  const { unit, unitMs } = roomy ?? { unit: 'second', unitMs: secondMs };
  const count = Math.floor(ms / unitMs);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
