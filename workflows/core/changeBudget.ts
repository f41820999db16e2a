/** How many accounts may be disabled within a sliding time without a person's word: `accounts`, or `percent` if that is more. */
export interface ChangeBudget {
  readonly accounts: number;
  /** Of the people who are bound to an Active account. */
  readonly percent: number;
  readonly withinMs: number;
}

export const allowance = ({ accounts, percent }: ChangeBudget, activePeople: number): number =>
  Math.max(accounts, Math.floor((activePeople * percent) / 100));

export interface BudgetUse {
  readonly activePeople: number;
  /** When accounts were disabled, or were about to be; milliseconds. */
  readonly disabledAt: readonly number[];
  readonly now: number;
}

/** Whether one more account may be disabled. An hour ago to the millisecond counts still. */
export function isWithinBudget(budget: ChangeBudget, { activePeople, disabledAt, now }: BudgetUse): boolean {
  const recent = disabledAt.filter((at) => at >= now - budget.withinMs);
  return recent.length < allowance(budget, activePeople);
}
