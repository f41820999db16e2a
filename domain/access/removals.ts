import { isOperators, type Ranks } from '../facts/ranks.ts';
import type { HrEvent } from '../model.ts';
import type { RemovalKind, Takes } from './changeBudget.ts';

/** What the event takes away, as the change budget names it. */
export function removalKind({ kind, source }: Pick<HrEvent, 'kind' | 'source'>, takes: Takes): RemovalKind {
  if (kind === 'leaver') return 'leaver';
  if (kind === 'reconcile' && source === 'sync') return 'repair';
  return takes === 'email' ? 'email' : 'mover';
}

/**
 * An urgent leaver of the source that ranks highest, or of an operator, counts against a share of its own, as large as the
 * other: a mass of other changes does not hold it. Where no source has a rank, every source's does.
 */
export function isUrgent(
  { kind, immediate, source }: Pick<HrEvent, 'kind' | 'immediate' | 'source'>,
  { authority }: Pick<Ranks, 'authority'>,
): boolean {
  const [highest = source] = authority;
  return kind === 'leaver' && immediate === true && (source === highest || isOperators(source));
}
