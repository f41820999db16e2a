import type { SyncKind } from '../sync/kinds.ts';

export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

/** The rows that are scanned for it. */
export type FoundAt =
  | 'account'
  | 'person'
  | 'roster'
  | 'key'
  | 'organization'
  | 'leave'
  | 'engine'
  | 'statement'
  | 'write'
  | 'intake';

export interface KindOfFinding {
  readonly foundAt: FoundAt;
  readonly severity: Severity;
  readonly title: string;
  readonly advice: string;
  /** Id of the OWASP Top 10 for non-human identities, 2025. */
  readonly owasp?: string;
  /** The kinds that must have been read whole before it may open or close. */
  readonly needs: readonly SyncKind[];
}
