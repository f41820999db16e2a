import type { HrEvent } from '../../domain/model.ts';
import { beginningOf, endOf } from './localDates.ts';

/** What a source says of somebody's employment, in one record. */
export interface SaidEmployment {
  readonly source: string;
  /** Absent where the source has no status. */
  readonly status?: 'active' | 'leaveOfAbsence' | 'ended';
  /** A day such as `2026-01-31`, or an instant. */
  readonly firstDay?: string;
  readonly lastDay?: string;
  readonly timeZone: string;
  /** HR says when it recorded this, so that it is known to be newer or older than a leave. */
  readonly hasOwnTime: boolean;
}

/** What the record says: instants. */
export interface KnownLeave {
  /** They have left, and since when. */
  readonly leftAt?: string;
  /** Their leave waits for its day. */
  readonly leavesAt?: string;
}

/** Since when somebody has left by that word: HR may have recorded the leave long before its day, or after it, or for at once. */
export function leftSince(leave: Pick<HrEvent, 'occurredAt' | 'effectiveAt' | 'immediate'>): string {
  const from = Date.parse(leave.immediate === true ? leave.occurredAt : leave.effectiveAt);
  return new Date(Math.max(Date.parse(leave.occurredAt), from)).toISOString();
}

/**
 * Why a record of HR is not believed, in words without its values; undefined where it says one thing. The same for every way in: what
 * contradicts itself or what is known is held, and ends nobody's access.
 */
export function contradictionOf(
  { source, status, firstDay, lastDay, timeZone, hasOwnTime }: SaidEmployment,
  { leftAt, leavesAt }: KnownLeave,
  now: Date,
): string | undefined {
  if (status === 'ended') return undefined;
  const begins = firstDay === undefined ? undefined : beginningOf(firstDay, timeZone);
  const ends = lastDay === undefined ? undefined : endOf(lastDay, timeZone);
  if (begins !== undefined && ends !== undefined && ends <= begins) {
    return 'the last working day is before the first day: one of the two is of another employment';
  }
  const isOver = ends !== undefined && ends <= now.toISOString();
  if (isOver && status !== undefined) {
    return 'the status says employed, but the last working day has passed: HR has to correct one of the two';
  }
  const isBackAfter = (leave: string): boolean => begins !== undefined && begins > leave;
  if (hasOwnTime || isOver) return undefined;
  if (leftAt !== undefined && !isBackAfter(leftAt)) {
    return `they have left by the record, but ${source} lists them: a rehire needs a first day after that`;
  }
  if (leavesAt === undefined || lastDay !== undefined || isBackAfter(leavesAt)) return undefined;
  return `they are to leave by the record, and ${source} says neither that nor when HR recorded this`;
}
