/** The terms of the trade, as data. Everything here crosses Temporal as JSON: dates are ISO 8601 strings in UTC. */

/** A role or a team membership, by the name that the policy uses. */
export interface Entitlement {
  readonly kind: 'role' | 'team';
  readonly name: string;
}

export interface ResolvedEntitlement extends Entitlement {
  readonly id: string;
  /** Whether the role had a privileged permission when its name was looked up. */
  readonly isPrivileged?: boolean;
  /** Datadog's current name, where it differs from the policy's. */
  readonly nameNow?: string;
}

/** Several values for something like groups: a condition holds if any of them is accepted. */
export type AttributeValue = string | readonly string[];

/** What HR says about a person. `manager` is the manager's personId or e-mail, as HR sends it. */
export interface PersonAttributes {
  readonly email: string;
  readonly name?: string;
  readonly title?: string;
  readonly department?: string;
  readonly manager?: string;
  readonly timeZone?: string;
  /** Further attributes of the HR record that policy rules may name, such as `location` or `contractType`. */
  readonly extra?: Readonly<Record<string, AttributeValue>>;
}

export const eventKinds = ['joiner', 'updated', 'mover', 'leaver', 'leaverRescinded', 'reconcile'] as const;
export type EventKind = (typeof eventKinds)[number];

/**
 * One HR fact about one person. `updated` is HR's whole record of a person who is employed from `effectiveAt` on: whether
 * they join or change is decided when it is applied. `reconcile` carries no fact: it asks for the person's access to be
 * compared and mended.
 */
export interface HrEvent {
  readonly eventId: string;
  readonly kind: EventKind;
  readonly personId: string;
  /** When HR recorded the fact: the later one wins. */
  readonly occurredAt: string;
  /** When the fact takes effect. */
  readonly effectiveAt: string;
  /** Who sent it: `cli`, `sync`, or the name of an HR source. */
  readonly source: string;
  /** Present for joiner, updated and mover, a mover's with what has changed alone. */
  readonly person?: Partial<PersonAttributes>;
  /** Mover only: `person` is the whole record, and what it does not have is taken back. */
  readonly isWhole?: boolean;
  /** Leaver only: access ends now, whatever `effectiveAt` says. */
  readonly immediate?: boolean;
  /** Rescinded leave only: restore the access that was recorded when the account was disabled, not the policy's. */
  readonly restore?: boolean;
  /** HR's id of the record that an `updated` without a person has to be fetched by before it counts. */
  readonly fetchId?: string;
  /** Free text for evidence. */
  readonly reason?: string;
}

/**
 * An event as a run sees it. What HR says of the person, and what was written as a reason, stay on record: Temporal holds ids,
 * kinds and dates.
 */
export interface MailboxEvent extends Pick<
  HrEvent,
  'eventId' | 'kind' | 'occurredAt' | 'effectiveAt' | 'source' | 'immediate' | 'restore'
> {
  /** It says something of the person's attributes. */
  readonly isTelling?: true;
  /** It says an id only: HR is asked for the record before it counts. */
  readonly isToFetch?: true;
  /** An operator has withdrawn it. */
  readonly isWithdrawn?: true;
  /** A mover: the event that says all of it newly. */
  readonly replacedBy?: string;
  /** A leaver: the source that has the word on the person's employment instead. */
  readonly outrankedBy?: string;
}

/** The person as a run sees them. */
export interface KnownPerson extends Pick<PersonRecord, 'employment' | 'accountId' | 'lines'> {
  /** A source has said something of them, or they were adopted. */
  readonly isKnown: boolean;
}

/**
 * `joining`: an onboarding has begun and has not completed. `employed`: access was granted. `left`: access was removed.
 * `unknown`: attributes may be known (a mover came first), employment is not.
 */
export type Employment = 'unknown' | 'joining' | 'employed' | 'left';

/** Position of a line of facts: the newest applied event of that line. */
export interface LinePosition {
  readonly occurredAt: string;
  readonly eventId: string;
}

export type Line = 'employment' | 'attributes';

/** The person as the inventory knows them. */
export interface PersonRecord {
  readonly personId: string;
  readonly attributes?: PersonAttributes;
  readonly previousEmails: readonly string[];
  readonly employment: Employment;
  /** The Datadog account that is theirs. */
  readonly accountId?: string;
  /** The id under which they go on. */
  readonly replacedBy?: string;
  readonly lines: Readonly<Partial<Record<Line, LinePosition>>>;
}

export type AccountStatus = 'pending' | 'active' | 'disabled';

/** A Datadog user, human or service account. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly handle: string;
  readonly name: string;
  readonly title: string;
  readonly status: AccountStatus;
  readonly isServiceAccount: boolean;
  readonly roleIds: readonly string[];
  readonly createdAt?: string;
  readonly modifiedAt?: string;
  readonly lastLoginAt?: string;
  readonly mfaEnabled?: boolean;
  readonly allowedLoginMethods?: readonly string[];
}

/** What of an account follows HR. */
export const followedFields = ['name', 'title', 'email'] as const;
export type FollowedField = (typeof followedFields)[number];

/** An account as a run sees it: without e-mail, name and title, but with which of them HR says differently. */
export interface SeenAccount extends Pick<Account, 'id' | 'status' | 'roleIds'> {
  readonly differing: readonly FollowedField[];
}

/** What an account holds, as a run sees it. */
export interface SeenAccess extends Omit<Access, 'account'> {
  readonly account: SeenAccount;
}

/** An account with the names of what it holds. Teams that are managed outside (`isManaged`) are never written. */
export interface Access {
  readonly account: Account;
  readonly roles: readonly ResolvedEntitlement[];
  readonly teams: readonly (ResolvedEntitlement & { readonly isManaged: boolean })[];
  /** The permission that is missing to read teams. */
  readonly teamsNotVisible?: string;
}

export interface Invitation {
  readonly id: string;
  readonly expiresAt: string;
}

export type ProcessType = 'onboarding' | 'roleChange' | 'offboarding';

export const phases = [
  'scheduled',
  'preparing',
  'waitingForAcceptance',
  'waitingForApproval',
  'changing',
  'blocked',
  'held',
  'done',
] as const;
/** The phase of a process; the search attribute `Phase` has the same values. */
export type Phase = (typeof phases)[number];

/** How a process ended for one event. */
export type OutcomeKind =
  | 'completed'
  | 'partiallyCompleted'
  | 'nothingToDo'
  | 'notAccepted'
  | 'observed'
  | 'failed'
  | 'cancelled'
  | 'superseded'
  | 'stale'
  | 'outranked'
  | 'duplicate';

export interface PartResult {
  /** Such as `assign role Datadog Standard Role`. */
  readonly part: string;
  readonly result: 'done' | 'planned' | 'alreadySo' | 'failed' | 'rejected' | 'timedOut' | 'notDone';
  readonly detail?: string;
  /** The permission that would allow a part that is not essential; the part is done once the key has it. */
  readonly permission?: string;
  /** Whether it is an entitlement that is held and not wanted, but that Muster may not remove: it stays. */
  readonly isExcess?: true;
}

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly detail?: string;
  readonly parts: readonly PartResult[];
}

/** The waiting times of a process, from the policy, in milliseconds. */
export interface ProcessTimes {
  /** A joiner's invitation goes out this long before `effectiveAt`. */
  readonly leadMs: number;
  /** An invitation is sent again this long before its link expires. */
  readonly resendBeforeMs: number;
  readonly giveUpAfterMs: number;
  readonly approvalRemindAfterMs: number;
  readonly approvalFallbackAfterMs: number;
  readonly approvalRejectAfterMs: number;
  /** A leaver whose access has not ended after this long raises an alarm (and goes on trying). */
  readonly leaverAlarmAfterMs: number;
}
