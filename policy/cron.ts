import { Cron } from 'croner';

/** As in Temporal, a day must match both the day of the month and the day of the week. */
const options = { mode: '5-part', domAndDow: true, sloppyRanges: true, paused: true } as const;

const fields = [
  { name: 'minute', values: 'a number from 0 to 59' },
  { name: 'hour', values: 'a number from 0 to 23' },
  { name: 'day of the month', values: 'a number from 1 to 31' },
  { name: 'month', values: 'a number from 1 to 12 or jan to dec' },
  { name: 'day of the week', values: 'a number from 0 to 6 or sun to sat' },
] as const;

/** Without the extensions that croner knows and Temporal does not, such as `L` and `#`. */
const item = /^(\*|(\d{1,2}|[a-z]{3})(-(\d{1,2}|[a-z]{3}))?)(\/\d{1,2})?$/i;

/** What is wrong with a cron expression of five fields and how to fix it, or undefined. */
export function cronProblem(text: string): string | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== fields.length) {
    return (
      `must have the five fields minute, hour, day of the month, month and day of the week, ` +
      `such as "*/15 * * * *", not ${JSON.stringify(text)}`
    );
  }
  const wrong = parts.findIndex((part, index) => !isField(part, index));
  const field = fields[wrong];
  if (field === undefined) return undefined;
  return (
    `has ${JSON.stringify(parts[wrong])} as its ${field.name}: write *, ${field.values}, ` +
    `a range such as 2-4, a step such as */2, or a list of these with commas`
  );
}

function isField(part: string, index: number): boolean {
  const isPlain = part.split(',').every((one) => item.test(one));
  const isSeven = fields[index]?.name === 'day of the week' && part.includes('7');
  if (!isPlain || isSeven) return false;
  try {
    return !new Cron(fields.map((_, at) => (at === index ? part : '*')).join(' '), options).isStopped();
  } catch {
    return false;
  }
}

/** When a schedule was last due before `at`, the latest first. */
export const lastRuns = (cron: string, timezone: string, at: Date, count: number): readonly Date[] =>
  new Cron(cron, { ...options, timezone }).previousRuns(count, at);
