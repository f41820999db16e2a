import type { FindingKind } from '../../domain/findings/catalog.ts';
import type { FoundAt, Severity } from '../../domain/findings/kinds.ts';
import type { Found } from '../../domain/findings/found.ts';
import type { KindStates } from '../../domain/sync/kinds.ts';

type FindingState = 'open' | 'muted' | 'closed';

/** A finding as it is listed: with what it means and what to do. */
export interface FindingRow {
  readonly id: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly state: FindingState;
  /** The subject as a reader knows it. */
  readonly name: string;
  readonly title: string;
  readonly advice: string;
  readonly owasp?: string;
  readonly since: string;
  readonly closedAt?: string;
  readonly personId?: string;
  readonly accountId?: string;
  readonly evidence: Found['evidence'];
  /** Why it can neither open nor close now. */
  readonly frozen?: string;
  readonly mutedUntil?: string;
  readonly muteReason?: string;
}

export interface FindingFilter {
  readonly kind?: FindingKind;
  readonly severity?: Severity;
  readonly personId?: string;
  /** Without it: all, with those that are closed or muted. */
  readonly state?: FindingState;
  readonly limit: number;
  readonly offset: number;
}

/** What was found at the rows between two ids; what is on record there and was not found again, closes. */
export interface FindingsPage {
  readonly foundAt: FoundAt;
  /** Exclusive; '' from the beginning. */
  readonly after: string;
  /** Inclusive; without it to the end. */
  readonly upTo?: string;
  /** Instead of a range: this row alone. */
  readonly only?: string;
  readonly found: readonly Found[];
  /** Rows of which nothing can be said this time: nothing opens or closes there. */
  readonly frozenScopes: ReadonlySet<string>;
  readonly states: KindStates;
  readonly at: string;
}

/** A page of all that is found there, or of the row `only`: none of it depends on how much a sync has read. */
export const wholePage = (page: Pick<FindingsPage, 'foundAt' | 'found' | 'at' | 'only'>): FindingsPage => ({
  ...page,
  after: '',
  frozenScopes: new Set(),
  states: {},
});

export interface WrittenFindings {
  /** Those that were not open before. */
  readonly opened: readonly Found[];
  readonly closed: number;
}
