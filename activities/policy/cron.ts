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
