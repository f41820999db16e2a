/** How many may be disabled before a person has to look. */
export interface ChangeBudget {
  readonly atLeast: number;
  /** A share of the people who have an account and have not left. */
  readonly percent: number;
  readonly windowMs: number;
}

/** As many as may be disabled within the window; one more is held. */
export const disableLimit = ({ atLeast, percent }: Omit<ChangeBudget, 'windowMs'>, activePeople: number): number =>
  Math.max(atLeast, Math.floor((activePeople * percent) / 100));

/** What becomes of a leaver at the disable step. */
export type Admittance =
  | { readonly state: 'admitted' }
  | { readonly state: 'held'; readonly limit: number }
  | { readonly state: 'rejected'; readonly actor: string; readonly reason?: string };
