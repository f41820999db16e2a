import { z } from 'zod';
import type { ChangeBudget } from '../domain/access/changeBudget.ts';

const atLeast = z.int().min(1, { error: 'must be 1 or more' });
const percent = z.number().min(0, { error: 'must be 0 to 100' }).max(100, { error: 'must be 0 to 100' });
const day = z.strictObject({ atLeast: atLeast.optional(), percent: percent.optional() });
const perSource = z.strictObject({ atLeast, percent: percent.default(0), day: day.prefault({}) });

/** `atLeast` and `percent` are an hour's. */
export const changeBudget = z.strictObject({
  atLeast: atLeast.default(5),
  percent: percent.default(5),
  day: day.prefault({}),
  perSource: perSource.optional(),
});

const place = 'offboarding.changeBudget';
/** The known keys of each place in it. */
export const changeBudgetKeys: Readonly<Record<string, readonly string[]>> = {
  [place]: Object.keys(changeBudget.shape),
  [`${place}.day`]: Object.keys(day.shape),
  [`${place}.perSource`]: Object.keys(perSource.shape),
  [`${place}.perSource.day`]: Object.keys(day.shape),
};

const hoursInADay = 4;

export function toBudget({ perSource: source, ...inAll }: z.output<typeof changeBudget>): ChangeBudget {
  return { ...toLimits(inAll), perSource: source && toLimits(source) };
}

/** Unless it is set, a day's limit is four times an hour's. */
const toLimits = ({ day: set, ...hour }: z.output<typeof perSource>): Omit<ChangeBudget, 'perSource'> => ({
  hour: { atLeast: hour.atLeast, percent: hour.percent },
  day: {
    atLeast: set.atLeast ?? hour.atLeast * hoursInADay,
    percent: set.percent ?? Math.min(100, hour.percent * hoursInADay),
  },
});
