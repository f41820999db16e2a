/** How many may be disabled before a person has to look. */
export interface ChangeBudget {
  readonly atLeast: number;
  /** Of the people who have an account and have not left. */
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

/** Who protects an account from being disabled. */
export type Protection = 'emergency' | 'ownKey' | 'lastAdministrator';

/** What a person does about a leaver that a protection stops. */
export const protectionAdvice: Readonly<Record<Protection, string>> = {
  emergency:
    'it is an emergency access account of the policy: take it out of protection.emergencyAccounts and restart the worker, or withdraw the leave with `npx muster leaver --rescind`',
  ownKey:
    "it owns Muster's own application key, which would die with it: give Muster a key of a service account, or of somebody else",
  lastAdministrator:
    'it is the last active person with user_access_manage or org_management: give somebody else such a role in Datadog first',
};
