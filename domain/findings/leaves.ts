import { hourMs } from '../durations.ts';
import { lineOf, isNewer, supersedes } from '../mailbox.ts';
import type { AccountStatus, HrEvent, OutcomeKind } from '../model.ts';
import { catalogEntry } from './catalog.ts';
import type { Found } from './found.ts';

/** What the record knows of a leave and of the access that it should have ended. */
export interface LeaveSnapshot {
  readonly event: HrEvent;
  readonly dueAt: string;
  readonly isWithdrawn: boolean;
  /** Another source has the word on the person's employment. */
  readonly isOutranked: boolean;
  /** Absent while it waits or is carried out. */
  readonly outcome?: OutcomeKind;
  /** The person's other words on employment that count. */
  readonly others: readonly HrEvent[];
  readonly account?: { readonly id: string; readonly status: AccountStatus };
  readonly phase?: string;
  readonly waitingFor?: string;
}

interface JudgedLeaves {
  readonly found: readonly Found[];
  /** Ids of leaves that nobody has to look after any more. */
  readonly closed: readonly string[];
}

/** Leaves that are overdue without an outcome, or ended in whichever way while the access goes on; one finding a person. */
export function judgeLeaves(leaves: readonly LeaveSnapshot[], nowMs: number): JudgedLeaves {
  const found = new Map<string, Found>();
  const closed: string[] = [];
  for (const leave of leaves) {
    const { eventId, personId } = leave.event;
    const isOver = leave.isWithdrawn || leave.isOutranked || isOverruled(leave, nowMs);
    if (!isOver && !hasEnded(leave)) found.set(personId, found.get(personId) ?? notEnded(leave));
    else if (leave.outcome !== undefined) closed.push(eventId);
  }
  return { found: [...found.values()], closed };
}

/** A newer word replaces it, or says that the person has been back since. One of the future is nobody's word. */
const isOverruled = ({ event, others }: LeaveSnapshot, nowMs: number): boolean =>
  others.some(
    (other) =>
      lineOf(other) === 'employment' &&
      isNewer(other, event) &&
      Date.parse(other.occurredAt) <= nowMs + hourMs &&
      (supersedes(other, event) || (other.kind !== 'leaver' && Date.parse(other.effectiveAt) <= nowMs)),
  );

/** One that failed shows nothing where no account is known; any other found that there is none. */
function hasEnded({ outcome, account }: LeaveSnapshot): boolean {
  if (outcome === undefined) return false;
  return account === undefined ? outcome !== 'failed' : account.status === 'disabled';
}

function notEnded({ event, dueAt, outcome, account, phase, waitingFor }: LeaveSnapshot): Found {
  const { personId, eventId } = event;
  return {
    kind: 'leaverNotEnded',
    subject: personId,
    scope: personId,
    name: personId,
    severity: catalogEntry('leaverNotEnded').severity,
    personId,
    accountId: account?.id,
    since: dueAt,
    evidence: { eventId, outcome: outcome ?? 'none yet', account: account?.status ?? 'unknown', phase, waitingFor },
  };
}
