import type { SyncDepth, SyncSummary } from '../../domain/contracts.ts';
import type { KindStates } from '../../domain/sync/kinds.ts';

export interface SyncRunRow {
  readonly runId: string;
  readonly depth: SyncDepth;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly summary?: SyncSummary;
  /** In words, where something is incomplete. */
  readonly reason?: string;
  /** How completely each kind was read; empty until the run has finished. */
  readonly kinds: KindStates;
}

export interface SyncRunEnd extends Required<Pick<SyncRunRow, 'runId' | 'summary' | 'kinds'>> {
  readonly at: string;
  readonly reason?: string;
}

export interface StandingKinds {
  /** By the last finished full run. */
  readonly last: KindStates;
  /** When each kind was last read whole. */
  readonly completeAt: Readonly<Partial<Record<keyof KindStates, string>>>;
}
