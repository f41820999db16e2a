import type { AccountStatus } from '../../domain/model.ts';
import type { Unread } from './accounts.ts';
import type { Nhi, NhiKind } from '../../domain/sync/kinds.ts';

export interface NhiRow extends Nhi {
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Present once a whole reading of its kind no longer saw it. */
  readonly goneAt?: string;
  /** The e-mail of the account in `ownerAccountId`, where that is known. */
  readonly ownerEmail?: string;
  readonly ownerStatus?: AccountStatus | 'gone';
  /** Its owner, by `inventory nhis --set-owner`. An e-mail is a hint only. */
  readonly ownerPersonId?: string;
}

export interface NhiFilter {
  readonly kind?: NhiKind;
  /** Declared as theirs. */
  readonly ownerPersonId?: string;
  readonly ownerAccountId?: string;
  /** Without it, those that are gone are listed too. */
  readonly isThere?: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Closes what a whole reading did not see. */
export interface NhiSweep {
  readonly kinds: readonly NhiKind[];
  /** Present where one owner's list was read. */
  readonly ownerAccountId?: string;
  readonly seenIds: readonly string[];
  readonly unread?: Unread;
  readonly readStartedAt: string;
  readonly at: string;
}
