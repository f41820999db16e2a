import { expect, test } from '@jest/globals';
import { cronProblem, lastRuns } from '../../policy/cron.ts';

test.each([
  ['* * * * *', ['2026-03-02T10:07', '2026-03-02T10:06']],
  ['7/20 * * * *', ['2026-03-02T10:07', '2026-03-02T09:47']],
  ['0 6-20/2 * * *', ['2026-03-02T10:00', '2026-03-02T08:00']],
  ['30 12 * * mon-FRI', ['2026-02-27T12:30', '2026-02-26T12:30']],
  ['0 0 1 * *', ['2026-03-01T00:00', '2026-02-01T00:00']],
  ['0 0 13 * fri', ['2026-02-13T00:00', '2025-06-13T00:00']],
  ['0 0 30 2 *', []],
])('%s was last due when Temporal had started it', (cron, expected) => {
  expect(cronProblem(cron)).toBeUndefined();
  const runs = lastRuns(cron, 'UTC', new Date('2026-03-02T10:07:30Z'), 2);
  expect(runs.map((run) => run.toISOString().slice(0, 16))).toEqual(expected);
});

test('a schedule runs by the clock of its time zone', () => {
  const [last] = lastRuns('0 3 * * *', 'Europe/Berlin', new Date('2026-07-02T10:00:00Z'), 1);
  expect(last?.toISOString()).toBe('2026-07-02T01:00:00.000Z');
});

test.each([
  ['', /must have the five fields/],
  ['0 0 * * * *', /must have the five fields/],
  ['60 * * * *', /has "60" as its minute: write \*, a number from 0 to 59/],
  ['*/0 * * * *', /minute/],
  ['* 24 * * *', /hour/],
  ['* * 0 * *', /day of the month/],
  ['* * L * *', /day of the month/],
  ['* * * foo *', /month: write \*, a number from 1 to 12 or jan to dec/],
  ['* * * * mon#1', /day of the week/],
  ['* * * * 7', /day of the week/],
])('%j is no cron expression', (cron, problem) => {
  expect(cronProblem(cron)).toMatch(problem);
});
