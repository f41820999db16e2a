/**
 * The closed table of what can go wrong at Datadog. `retry` says who tries again: `activity` (retried with back-off),
 * `process` (the workflow waits until the key is mended, then calls again), `nobody` (recorded as the part's result).
 */
export const datadogFailures = {
  InvalidRequest: { retry: 'nobody', meaning: 'Datadog refused the values (400, 422)' },
  NotAuthorized: { retry: 'process', meaning: 'the key may not do this (401, 403)' },
  ObjectRefused: {
    retry: 'nobody',
    meaning: 'Datadog refuses this one object, though the key has the permission (403)',
  },
  NotFound: { retry: 'nobody', meaning: 'it does not exist (404 on a write)' },
  Conflict: { retry: 'nobody', meaning: 'it contradicts what exists (409)' },
  RateLimited: { retry: 'activity', meaning: 'too many requests (429); again when the window resets' },
  DatadogUnavailable: { retry: 'activity', meaning: 'no usable response: connection, deadline, torn body, 5xx' },
  UnexpectedResponse: { retry: 'activity', meaning: 'a response that Muster does not understand' },
} as const satisfies Record<string, { retry: 'activity' | 'process' | 'nobody'; meaning: string }>;

export type DatadogFailureType = keyof typeof datadogFailures;

/** Details of a `NotAuthorized` failure: what the key lacks, and how to mend it. */
export interface MissingPermission {
  /** Datadog's name, such as `user_access_manage`; `validKeys` where the keys themselves are refused. */
  readonly permission: string;
  readonly operation: string;
}

/** Reads that fail in order to be retried while they wait for something. BENIGN: no error metric, no stack in the log. */
export const waitingFailures = {
  StillPending: 'StillPending',
  StillNotAuthorized: 'StillNotAuthorized',
  StillHeld: 'StillHeld',
} as const;

/** A name in the policy that Datadog does not have, or has twice. Found before anything is written. */
export const unknownEntitlement = 'UnknownEntitlement';

/** The account must not be disabled: the details hold the `Protection`. */
export const protectedAccount = 'ProtectedAccount';

/** Nothing protects the account, and Datadog refuses to disable it: the details hold the `MissingPermission`, where that is why. */
export const disableRefused = 'DisableRefused';

/** The e-mail of an account with a privileged role changes only with an approval. */
export const approvalNeeded = 'ApprovalNeeded';

/** Above the change budget: it is written once a person has released it. */
export const removalHeld = 'RemovalHeld';

/** The record does not say that this is to be written: nothing is. */
export const notOwed = 'NotOwed';

/** No source has said anything of the person. */
export const nothingKnown = 'NothingKnown';

/** The people who approved may no longer decide; the details say who and why. */
export const decisionsLapsed = 'DecisionsLapsed';

/** The account that was found is not safely this person's (two matches, bound to somebody else, a service account). */
export const correlationConflict = 'CorrelationConflict';
