import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { allowance, isWithinBudget } from '../../../workflows/core/changeBudget.ts';

const budget = { accounts: 5, percent: 5, withinMs: 3_600_000 };

test('the allowance is five accounts, or five percent of the people where that is more', () => {
  expect([0, 100, 119, 120, 1_000].map((people) => allowance(budget, people))).toEqual([5, 5, 5, 6, 50]);
});

test('in no sliding hour are more disabled than the budget allows, whenever they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 * budget.withinMs }), { maxLength: 200 }),
      fc.integer({ min: 0, max: 400 }),
      (arrivals, activePeople) => {
        const disabledAt: number[] = [];
        for (const now of arrivals.toSorted((a, b) => a - b)) {
          if (isWithinBudget(budget, { activePeople, disabledAt, now })) disabledAt.push(now);
        }
        for (const start of disabledAt) {
          const inHour = disabledAt.filter((at) => at >= start && at <= start + budget.withinMs);
          expect(inHour.length).toBeLessThanOrEqual(allowance(budget, activePeople));
        }
      },
    ),
  );
});

test('what was disabled longer ago than the budget looks back no longer counts', () => {
  const disabledAt = [0, 1, 2, 3, 4];
  expect(isWithinBudget(budget, { activePeople: 10, disabledAt, now: budget.withinMs })).toBe(false);
  expect(isWithinBudget(budget, { activePeople: 10, disabledAt, now: budget.withinMs + 5 })).toBe(true);
});
