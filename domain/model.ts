/** The words of the trade, as data. Everything here crosses Temporal as JSON: dates are ISO 8601 strings in UTC. */

/** A role or a team membership. `id` is Datadog's, known once the name was resolved. */
export interface Entitlement {
  readonly kind: 'role' | 'team';
  readonly name: string;
}

export interface ResolvedEntitlement extends Entitlement {
  readonly id: string;
  /** Whether the role gave a privileged permission when its name was looked up. */
  readonly isPrivileged?: boolean;
  /** What Datadog calls it now, where that is another name than the policy's. */
  readonly nameNow?: string;
}

/** Several values where somebody has several, such as groups: a condition holds if any of them is accepted. */
export type AttributeValue = string | readonly string[];

/** What HR says of a person. `manager` is the manager's personId or e-mail, as HR sends it. */
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
 * One HR fact about one person. `updated` is HR's whole record of somebody who is employed from `effectiveAt` on: whether
 * they join or change is told when it is taken. `reconcile` carries no fact: it asks for the person's access to be compared and mended.
 */
export interface HrEvent {
  readonly eventId: string;
  readonly kind: EventKind;
  readonly personId: string;
  /** When HR recorded the fact: the later word wins. */
  readonly occurredAt: string;
  /** When the fact takes effect. */
  readonly effectiveAt: string;
  /** Who sent it: `cli`, `sync`, or the name of an HR source. */
  readonly source: string;
  /** Present for joiner, updated and mover. */
  readonly person?: PersonAttributes;
  /** Leaver only: access ends now, whatever `effectiveAt` says. */
  readonly immediate?: boolean;
  /** Rescinded leave only: the access that was recorded when the account was disabled, and not the policy's. */
  readonly restore?: boolean;
  /** Of an `updated` without a person: HR's id of the record that the source is asked for before the event counts. */
  readonly fetchId?: string;
  /** Free text for evidence. */
  readonly reason?: string;
}

/**
 * `joining`: an onboarding has begun and has not completed. `employed`: access was given. `left`: access was taken away.
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

/** An account with the names of what it holds. Teams that are managed outside (`isManaged`) are never written. */
export interface Access {
  readonly account: Account;
  readonly roles: readonly ResolvedEntitlement[];
  readonly teams: readonly (ResolvedEntitlement & { readonly isManaged: boolean })[];
  /** Present where teams could not be read: the permission that would allow it. */
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
/** In which phase a process is; the search attribute `Phase` has the same words. */
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
  | 'duplicate';

export interface PartResult {
  /** Such as `assign role Datadog Standard Role`. */
  readonly part: string;
  readonly result: 'done' | 'planned' | 'alreadySo' | 'failed' | 'rejected' | 'timedOut' | 'notDone';
  readonly detail?: string;
  /** Of what a process can do without: the permission that would allow it. It is made up for when the key has it. */
  readonly permission?: string;
  /** An entitlement that is held, not wanted, and not Muster's to remove: it stays, and nothing is left to do. */
  readonly isExcess?: true;
}

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly detail?: string;
  readonly parts: readonly PartResult[];
}

/** Who may decide about one request, with e-mails and personIds resolved when it was made. */
export interface ApproverSet {
  readonly people: readonly string[];
  readonly manager: boolean;
  /** How many of them must allow it. */
  readonly quorum: number;
  /** May decide too once `fallbackAfterMs` has passed, or at once where the manager is missing. */
  readonly fallback: readonly string[];
}

/** One question to approvers about one person's access. */
export interface ApprovalRequest {
  /** Hash of the person and the sorted access asked for. */
  readonly approvalId: string;
  /** Empty where it is about the account itself. */
  readonly entitlements: readonly Entitlement[];
  /** What is to be done to the account itself, in words. */
  readonly act?: string;
  /** The policy rules that asked for approval. */
  readonly rules: readonly string[];
  readonly approvers: ApproverSet;
  /** The manager's e-mails and personId, empty where HR names none. */
  readonly managerIds: readonly string[];
  /** Names of the privileged roles in it, as they were when it was asked: one that became so later is asked for anew. */
  readonly privileged?: readonly string[];
  /** Present where the manager cannot decide, so that the fallback does at once: why. */
  readonly managerGone?: string;
}

/** What somebody wants to happen to an approval. `reassign` gives it to other approvers, and decides nothing. */
export interface Decision {
  /** The same id again is the same decision. */
  readonly decisionId: string;
  readonly approvalId: string;
  readonly verdict: 'approve' | 'reject' | 'reassign';
  /** E-mail or personId of who decides. */
  readonly actor: string;
  readonly reason?: string;
  /** Of a reassignment: e-mails or personIds of who decides from now on. */
  readonly to?: readonly string[];
  /** A signed statement that proves the actor. Without one the actor is only claimed. */
  readonly attestation?: string;
}

/** A decision that counted, and how it is known who made it. */
export interface CountedDecision extends Omit<Decision, 'attestation'> {
  readonly proof: 'attested' | 'claimed';
  /** Of the actor, where the inventory knows who that is. */
  readonly personId?: string;
  /** Of an attested decision: by which token the actor was authenticated. */
  readonly tokenId?: string;
}

/** Somebody by the names that are known of them. */
export interface Identity {
  /** What an approver is named by: as given, personId, current e-mail. */
  readonly names: readonly string[];
  /** Every identifier that is or was theirs: by these it is judged who somebody is. */
  readonly known: readonly string[];
  readonly personId?: string;
  /** Whether the inventory has a person or an account of that name. */
  readonly isKnown: boolean;
  /** Present for somebody who can decide nothing any more: why. */
  readonly gone?: string;
}

/** What the inventory says of a decision at the moment when it is to count. */
export interface DecisionReview {
  readonly proof: 'attested' | 'claimed' | 'invalid';
  /** Of an invalid proof: why. */
  readonly why?: string;
  readonly actor: Identity;
  readonly tokenId?: string;
  /** Whether an administrator's token proves the actor. */
  readonly isAdmin: boolean;
  /** Every identifier of the person whose access it is. */
  readonly subject: readonly string[];
  /** The approvers that the request names, the manager left out. */
  readonly people: readonly Identity[];
  /** The manager, where there is one who may decide. */
  readonly manager?: Identity;
  /** Why there is none. */
  readonly managerGone?: string;
  /** Of a reassignment: the new approvers. */
  readonly to: readonly Identity[];
}

/** On the strength of which approval something is assigned. Judged once more when it is. */
export interface GivenApproval {
  readonly approvalId: string;
  readonly quorum: number;
  readonly decisionIds: readonly string[];
  readonly privileged: readonly string[];
}

/** Whether an entitlement was assigned, or what stood against it at that moment. */
export type Granted =
  | { readonly given: true }
  /** The role is privileged, and that was not allowed. */
  | { readonly given: false; readonly because: 'privileged'; readonly why: string }
  /** Too few of the decisions hold any more. */
  | { readonly given: false; readonly because: 'lapsed'; readonly lapsed: readonly LapsedDecision[] };

export interface LapsedDecision {
  readonly decisionId: string;
  readonly why: string;
}

/** What a policy gives a person, fixed with the policy's hash. */
export interface DesiredAccess {
  /** Given without a question. */
  readonly entitlements: readonly Entitlement[];
  /** Given once allowed. */
  readonly requests: readonly ApprovalRequest[];
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
