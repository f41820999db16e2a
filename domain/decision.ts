/** Requests for approval, the decisions about them, and the people who decide, as data. */

import type { Entitlement } from './model.ts';

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

/** What the policy gives a person. */
export interface DesiredAccess {
  /** Given without an approval. */
  readonly entitlements: readonly Entitlement[];
  /** Given once approved. */
  readonly requests: readonly ApprovalRequest[];
}
