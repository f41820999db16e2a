import type { GrantedApproval } from './decision.ts';

/** The person for whom a write is made, and its reason. Both become evidence. */
export interface Because {
  readonly personId: string;
  readonly eventId: string;
  /** The policy rule, the approval, or the event's kind. */
  readonly reason: string;
  /** The event's source, or the people who approved. */
  readonly actor: string;
  /** Roles that the next login takes away again: login mappings are in force, and none of them includes these. */
  readonly undoneByLogin?: readonly string[];
  /** Present where an approval was needed. */
  readonly approval?: GrantedApproval;
}
