import { expect, test } from '@jest/globals';
import { formatAge, dayMs, formatDuration, hourMs, minuteMs, parseDuration } from '../../domain/durations.ts';

test.each([
  ['7 days', 7 * dayMs],
  ['1 Week', 7 * dayMs],
  ['1.5h', 1.5 * hourMs],
  ['90s', 90_000],
  ['250ms', 250],
  [' 10 minutes ', 10 * minuteMs],
  ['7', undefined],
  ['soon', undefined],
  ['-1 day', undefined],
  ['1 month', undefined],
])('%j is %j milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('a duration is printed in the longest unit that divides it, and reads back as itself', () => {
  expect([7 * dayMs, hourMs, 90_000, 250, 0].map(formatDuration)).toEqual([
    '7 days',
    '1 hour',
    '90 seconds',
    '250 milliseconds',
    '0 seconds',
  ]);
  expect(parseDuration(formatDuration(36 * hourMs))).toBe(36 * hourMs);
});

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [90, '90 seconds'],
  [120, '2 minutes'],
  [7_199, '119 minutes'],
  [172_800, '2 days'],
  [864_000, '10 days'],
])('an age of %d seconds is %s', (seconds, words) => {
  expect(formatAge(seconds)).toBe(words);
});
