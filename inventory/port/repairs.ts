/** One person with what differs. */
export interface RepairCandidate {
  readonly personId: string;
  readonly subjects: readonly string[];
}

type QuarantineState = 'open' | 'allowed' | 'rejected' | 'superseded';

/** Repairs that were too many at once, and wait for somebody's word. */
export interface QuarantineRow {
  readonly batchId: string;
  readonly runId: string;
  readonly openedAt: string;
  readonly state: QuarantineState;
  readonly budget: number;
  readonly people: readonly RepairCandidate[];
  readonly decidedAt?: string;
  readonly decidedBy?: string;
  readonly reason?: string;
}

export interface QuarantineDecision {
  readonly state: 'allowed' | 'rejected';
  readonly at: string;
  readonly by: string;
  readonly reason?: string;
}
