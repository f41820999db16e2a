/** Requests for approval, the decisions about them, and the people who decide, as data. */

import type { Entitlement } from './model.ts';

export type ApprovalState = 'open' | 'approved' | 'rejected' | 'timedOut' | 'withdrawn';

/** The people who may decide about one request, as the policy names them: e-mails and personIds. */
export interface ApproverSet {
  readonly people: readonly string[];
  readonly manager: boolean;
  /** How many of them must approve. */
  readonly quorum: number;
  /** May decide too once `fallbackAfterMs` has passed, or at once where the manager is missing. */
  readonly fallback: readonly string[];
}

/** A change of the account itself that needs an approval. */
export interface AccountChange {
  readonly change: 'enable' | 'email';
  readonly accountId: string;
}

/** What a run knows of a request: the people who may decide, and who decided what, stay on record. */
export interface RequestView {
  /** Hash of the person and the sorted access. */
  readonly approvalId: string;
  /** Empty where it is about the account itself. */
  readonly entitlements: readonly Entitlement[];
  readonly about?: AccountChange;
  /** The policy rules that asked for approval. */
  readonly rules: readonly string[];
  /** Its roles that were privileged when it was made: a role that became privileged later needs a new request. */
  readonly privileged?: readonly string[];
  /** The policy lets nobody decide it. */
  readonly isUndecidable?: true;
}

/** One request to approvers about one person's access. */
export interface ApprovalRequest extends RequestView {
  /** The change of the account itself, in words. */
  readonly act?: string;
  readonly approvers: ApproverSet;
  /** The manager as HR names them, by personId or e-mail; absent where it names none. */
  readonly managerSaid?: string;
  /** The person whom that meant when the request was opened. */
  readonly managerId?: string;
  /** Why the manager cannot decide, so that the fallback may at once. */
  readonly managerGone?: string;
}

/** A decision that was put on record before its process is told of it. */
export interface DecisionId {
  /** The same id again is the same decision. */
  readonly decisionId: string;
  readonly approvalId: string;
}

/** A request as it stands on record. */
export interface RecordedApproval extends ApprovalRequest {
  readonly state: ApprovalState;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly decisions: readonly CountedDecision[];
}

/** One decision about an approval. `reassign` names other approvers, and neither approves nor rejects. */
export interface Decision extends DecisionId {
  readonly verdict: 'approve' | 'reject' | 'reassign';
  /** E-mail or personId of the person who decides. */
  readonly actor: string;
  readonly reason?: string;
  /** Reassignment only: e-mails or personIds of the new approvers. */
  readonly to?: readonly string[];
  /** A signed statement that proves the actor. Without one the actor is only claimed. */
  readonly attestation?: string;
}

/** A decision that counted, and how it is known who made it. */
export interface CountedDecision extends Omit<Decision, 'attestation'> {
  readonly proof: 'attested' | 'claimed';
  /** The actor's, where the inventory knows them. */
  readonly personId?: string;
  /** Reassignment only: the personIds of the new approvers; of somebody unknown, the name. */
  readonly passedTo?: readonly string[];
  /** The token that authenticated the actor of an attested decision. */
  readonly tokenId?: string;
}

/** Somebody whom a name means. */
export interface Identity {
  /** As it was given. */
  readonly name: string;
  /** The person. Without one only a claim of the same name is the same. */
  readonly personId?: string;
  /** Every e-mail that is or was theirs. It gives nobody a right: it is for what nobody may do about themselves. */
  readonly emails: readonly string[];
  /** Whether the inventory has a person or an account of that name. */
  readonly isKnown: boolean;
  /** Why they cannot decide. */
  readonly gone?: string;
}

/** What the inventory knows about a decision at the moment when it is counted. */
export interface DecisionReview {
  readonly proof: 'attested' | 'claimed' | 'invalid';
  /** Why the proof is invalid. */
  readonly why?: string;
  readonly actor: Identity;
  readonly tokenId?: string;
  /** Whether an administrator's token proves the actor. */
  readonly isAdmin: boolean;
  /** The person whose access it is. */
  readonly subject: Identity;
  /** The approvers that the request names, without the manager: whom each name was pinned to. */
  readonly people: readonly Identity[];
  readonly fallback: readonly Identity[];
  /** The manager, where there is one who may decide. */
  readonly manager?: Identity;
  /** Why there is none. */
  readonly managerGone?: string;
  /** The new approvers of a reassignment. */
  readonly to: readonly Identity[];
}

/** Whether an entitlement was assigned, and if not, why. */
export type Granted =
  | { readonly given: true }
  /** The role is privileged, and nobody approved that. */
  | { readonly given: false; readonly because: 'privileged'; readonly why: string }
  /** Too few of the decisions still hold. */
  | { readonly given: false; readonly because: 'lapsed'; readonly lapsed: readonly LapsedDecision[] };

export interface LapsedDecision {
  readonly decisionId: string;
  readonly why: string;
}

/** What the policy grants a person. */
export interface DesiredAccess<Request extends RequestView = RequestView> {
  /** Granted without an approval. */
  readonly entitlements: readonly Entitlement[];
  /** Granted once approved. */
  readonly requests: readonly Request[];
}

/** Whether two decisions under one id say the same. */
export const isSameDecision = (one: SaidDecision, other: SaidDecision): boolean =>
  one.verdict === other.verdict && one.actor === other.actor && one.approvalId === other.approvalId;

type SaidDecision = Pick<Decision, 'approvalId' | 'verdict' | 'actor'>;
