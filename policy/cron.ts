const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface CronField {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Names that stand for numbers, the first for `from`. */
  readonly names?: readonly string[];
}

const fields: readonly CronField[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: months },
  { name: 'day of the week', from: 0, to: 6, names: days },
];

/** What is wrong with a cron expression of five fields and the fix, or nothing. */
export function cronProblem(text: string): string | undefined {
  const parts = text.trim().split(/\s+/);
  if (text.trim() === '' || parts.length !== fields.length) {
    return (
      `must have the five fields minute, hour, day of the month, month and day of the week, ` +
      `such as "*/15 * * * *", not ${JSON.stringify(text)}`
    );
  }
  const wrong = fields.findIndex((field, index) => !isCronField(field, parts[index] ?? ''));
  const field = fields[wrong];
  if (field === undefined) return undefined;
  return (
    `has ${JSON.stringify(parts[wrong])} as its ${field.name}: write *, a number from ${field.from} to ${field.to}` +
    `${field.names === undefined ? '' : ` or ${field.names[0]} to ${field.names.at(-1)}`}, ` +
    `a range such as ${field.from}-${field.from + 2}, a step such as */2, or a list of these with commas`
  );
}

const dayMs = 86_400_000;

/** The longest time between two runs of a sound expression, in milliseconds; infinite where it never comes twice. */
export function longestGapMs(cron: string): number {
  const parts = cron.trim().split(/\s+/);
  const [minutes = [], hours = [], monthDays = [], monthNumbers = [], weekDays = []] = fields.map((field, index) =>
    valuesOf(field, parts[index] ?? ''),
  );
  const times = hours.flatMap((hour) => minutes.map((minute) => (hour * 60 + minute) * 60_000));
  const from = Date.UTC(2024, 0, 1);
  // Two years, with a leap day.
  const days = Array.from({ length: 731 }, (_, index) => from + index * dayMs).filter((day) => {
    const date = new Date(day);
    const isItsMonth = monthNumbers.includes(date.getUTCMonth() + 1);
    return isItsMonth && monthDays.includes(date.getUTCDate()) && weekDays.includes(date.getUTCDay());
  });
  const [first = 0, last = first] = [times[0], times.at(-1)];
  const overNight = days.length < 2 ? Number.POSITIVE_INFINITY : longestStep(days) - last + first;
  return Math.max(longestStep(times), overNight);
}

const longestStep = (values: readonly number[]): number =>
  Math.max(0, ...values.slice(1).map((value, index) => value - (values[index] ?? value)));

function valuesOf(field: CronField, text: string): readonly number[] {
  const all = Array.from({ length: field.to - field.from + 1 }, (_, index) => field.from + index);
  const items = text.split(',').map((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [first = field.from, last = item.includes('/') ? field.to : first] =
      range === '*' ? [field.from, field.to] : range.split('-').map((end) => valueOf(field, end) ?? field.from);
    return all.filter((value) => value >= first && value <= last && (value - first) % Number(step) === 0);
  });
  return all.filter((value) => items.some((values) => values.includes(value)));
}

function isCronField(field: CronField, text: string): boolean {
  return text.split(',').every((item) => {
    const [range = '', step, ...more] = item.split('/');
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return false;
    if (range === '*') return true;
    const ends = range.split('-').map((end) => valueOf(field, end));
    const [first, last = first] = ends;
    return ends.length <= 2 && first !== undefined && last !== undefined && first <= last && !ends.includes(undefined);
  });
}

function valueOf(field: CronField, text: string): number | undefined {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + field.from : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.from && value <= field.to ? value : undefined;
}
