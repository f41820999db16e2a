import type { ApprovalState } from '../../domain/contracts.ts';
import type { ApprovalRequest, CountedDecision } from '../../domain/decision.ts';

export type DatedDecision = CountedDecision & { readonly at: string };

export interface ApprovalRow extends ApprovalRequest {
  readonly personId: string;
  readonly state: ApprovalState;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly closedAt?: string;
  readonly decisions: readonly DatedDecision[];
}
