import type { GivenApproval } from './decision.ts';

/** For whom and because of what a write is made; it becomes the evidence. */
export interface Because {
  readonly personId: string;
  readonly eventId: string;
  /** The policy rule, the approval, or the event's kind. */
  readonly reason: string;
  /** The event's source, or who allowed it. */
  readonly actor: string;
  /** Roles that the next login takes away again, since login mappings are in force and none of them gives these. */
  readonly undoneByLogin?: readonly string[];
  /** Present where somebody had to allow it. */
  readonly approval?: GivenApproval;
}
