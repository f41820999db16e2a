import type { PersonAttributes, ResolvedEntitlement } from '../../domain/model.ts';
import type { EvidenceEntry, GrantRow } from './rows.ts';

/** One write to one account; of an account that is to be created the account is not known yet. */
export interface WriteKey {
  readonly personId: string;
  readonly accountId?: string;
  readonly step: string;
}

/** What a reading shows once the write has happened. Of an invitation it shows nothing. */
export type Wanted =
  | { readonly kind: 'created' | 'enabled' | 'disabled' | 'unreadable' }
  | ({ readonly kind: 'attributes' } & Partial<Pick<PersonAttributes, 'email' | 'name' | 'title'>>)
  | ({ readonly kind: 'given'; readonly entitlement: ResolvedEntitlement } & Pick<GrantRow, 'reason' | 'because'>)
  | { readonly kind: 'taken'; readonly entitlement: ResolvedEntitlement };

export interface OpenWrite extends WriteKey {
  /** How often it was asked for without an answer. */
  readonly asked: number;
  /** The first time. */
  readonly askedAt: string;
  readonly wanted: Wanted;
  /** The link that it becomes where a reading shows that it happened. */
  readonly entry: EvidenceEntry;
}

/**
 * A write and its evidence are two things, and between them anything may stop: the write is noted before it is asked for,
 * and its link is appended when its answer is there, or when a later reading shows that it has happened.
 */
export interface WriteInventory {
  /** Just before it is asked of Datadog. Answers how often it was asked for. */
  beginWrite(write: Omit<OpenWrite, 'asked'>): Promise<number>;
  /** Datadog said no. What was asked for earlier, without an answer, stays open. */
  refuseWrite(key: WriteKey): Promise<void>;
  /**
   * It is so now. `isOurs`: the answer said that this attempt did it. Else it was an earlier attempt, if one is open, and
   * nobody of ours if none is. Appends at most one link.
   */
  endWrite(key: WriteKey, end: { readonly isOurs: boolean; readonly entry: EvidenceEntry }): Promise<void>;
  /** The answer is lost, and it is not so; or no reading can tell, and the link says that. */
  giveUpWrite(write: WriteKey, entry?: EvidenceEntry): Promise<void>;
  listOpenWrites(personId: string): Promise<readonly OpenWrite[]>;
}
