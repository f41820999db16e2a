const unitsMs = new Map([
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]);

const longestMs = 366 * 86_400_000;

/** A duration as text, such as `7 days` or `90 seconds`, in milliseconds; or what is wrong with it and the fix. */
export function parseDuration(text: string): { readonly ms: number } | { readonly problem: string } {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) *(second|minute|hour|day|week)s?$/i.exec(text.trim());
  const [, count, unit = ''] = match ?? [];
  const unitMs = unitsMs.get(unit.toLowerCase());
  if (count === undefined || unitMs === undefined) return { problem: durationAdvice(text) };
  const ms = Math.round(Number(count) * unitMs);
  if (ms > longestMs) return { problem: `must be at most 366 days, not "${text}"` };
  return { ms };
}

export function durationAdvice(value: unknown): string {
  return `must be a number and a unit, such as "7 days", "4 hours" or "90 seconds", not ${JSON.stringify(value)}`;
}

/** In the longest unit that divides it, weeks aside: `604800000` is `7 days`. */
export function formatDuration(ms: number): string {
  const dividing = [...unitsMs].find(([unit, unitMs]) => unit !== 'week' && ms >= unitMs && ms % unitMs === 0);
  const [unit, unitMs] = dividing ?? ['second', 1_000];
  const count = ms / unitMs;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
