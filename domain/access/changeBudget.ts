/** How many people may lose something within a time. */
interface BudgetLimit {
  readonly atLeast: number;
  /** A share of the people who have an account and have not left. */
  readonly percent: number;
}

interface BudgetLimits {
  readonly hour: BudgetLimit;
  readonly day: BudgetLimit;
}

/** How many people may lose an account, a role or a team before a person has to look: by all sources, and by each alone. */
export interface ChangeBudget extends BudgetLimits {
  /** Absent: one source may use up the whole budget. */
  readonly perSource?: BudgetLimits;
}

export const budgetWindows = { hour: 3_600_000, day: 86_400_000 } as const satisfies Record<keyof BudgetLimits, number>;

/** As many people as may lose something within the time; one more is held. */
export const peopleLimit = ({ atLeast, percent }: BudgetLimit, activePeople: number): number =>
  Math.max(atLeast, Math.floor((activePeople * percent) / 100));

/** What takes away: somebody leaves, loses roles or teams, has their account's e-mail changed, or has drift repaired. */
export type RemovalKind = 'leaver' | 'mover' | 'email' | 'repair';

/** What is about to be taken away: the account, roles or teams; or an e-mail, which comes first. */
export type Takes = 'access' | 'email';

/** The limit that one more person would exceed; `source` where it is that source's alone. */
export interface ExceededLimit {
  readonly limit: number;
  readonly within: keyof BudgetLimits;
  readonly source?: string;
}

/** What becomes of a removal. */
export type Admittance =
  | { readonly state: 'admitted' }
  | { readonly state: 'held'; readonly above: ExceededLimit }
  | { readonly state: 'rejected'; readonly actor: string; readonly reason?: string };
