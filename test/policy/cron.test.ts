import { expect, test } from '@jest/globals';
import { longestGapMs } from '../../policy/cron.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

test.each([
  ['* * * * *', minuteMs],
  ['*/15 * * * *', 15 * minuteMs],
  ['7/20 * * * *', 20 * minuteMs],
  ['0 3 * * *', dayMs],
  ['0 6-20/2 * * *', 10 * 60 * minuteMs],
  ['30 9 * * mon-FRI', 3 * dayMs],
  ['0 0 1 * *', 31 * dayMs],
  ['0 3 1 1 *', 366 * dayMs],
  ['0 0 30 2 *', Number.POSITIVE_INFINITY],
])('the longest time between two runs of %s', (cron, gapMs) => {
  expect(longestGapMs(cron)).toBe(gapMs);
});
