import type { CountedDecision, RecordedApproval } from '../../domain/decision.ts';

export type DatedDecision = CountedDecision & { readonly at: string };

export interface ApprovalRow extends RecordedApproval {
  readonly personId: string;
  /** The runs that followed one another when it was made: within them nobody is asked twice. */
  readonly chain: string;
  readonly closedAt?: string;
  readonly decisions: readonly DatedDecision[];
}

/** A new request. */
export type NewApproval = Omit<ApprovalRow, 'state' | 'closedAt' | 'decisions'>;
