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
