/** What protects an account from being disabled. */
export type Protection = 'emergency' | 'ownKey' | 'lastAdministrator' | 'unknown';

/** What a person does about a leaver that a protection stops. */
export const protectionAdvice: Readonly<Record<Protection, string>> = {
  emergency:
    'it is an emergency access account of the policy: take it out of protection.emergencyAccounts and restart the worker, or withdraw the leave with `npx muster leaver --rescind --person-id ID`',
  ownKey:
    "it owns Muster's own application key, which would die with it: use a key of a service account, or of somebody else",
  lastAdministrator:
    'it is the last active person with user_access_manage or org_management: give somebody else such a role in Datadog first',
  unknown:
    'Datadog does not say whether it is the last administrator, and is asked again every minute: see that Datadog works and that the application key has user_access_read, or disable the account in Datadog yourself',
};
