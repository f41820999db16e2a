import { dueAt, isHire, isNewer } from './mailbox.ts';
import type { Employment, HrEvent, LinePosition, OutcomeKind, ProcessTimes } from './model.ts';

/** How an event and a person's employment may have ended, by the record alone, since whoever calls an activity may be anybody. */

/** Ends of an event that was not carried out: at any time. */
const dropped: readonly OutcomeKind[] = ['cancelled', 'superseded', 'stale', 'outranked', 'duplicate'];
/** Ends of one for which another one counts. */
const overtaken: readonly OutcomeKind[] = ['superseded', 'stale'];

/** Why the event cannot have ended so; undefined where it can. `others` is all that counts for the person. */
export function whyNotEnded(
  event: HrEvent,
  outcome: OutcomeKind,
  {
    others,
    times,
    nowMs,
  }: {
    readonly others: readonly LinePosition[];
    readonly times: Pick<ProcessTimes, 'leadMs'>;
    readonly nowMs: number;
  },
): string | undefined {
  const { eventId } = event;
  // HR may refuse the record of one that says an id only before its day is known.
  const isUnfetched = outcome === 'failed' && event.fetchId !== undefined;
  if (!dropped.includes(outcome) && !isUnfetched && dueAt(event, times) > nowMs)
    return `event ${eventId} is not due yet`;
  const isOvertaken = event.kind === 'reconcile' || others.some((other) => isNewer(other, event));
  return overtaken.includes(outcome) && !isOvertaken ? `nothing newer replaces event ${eventId}` : undefined;
}

/** What the person's employment is after the event: as the process says, where the event can have that effect. */
export function employmentAfter(event: HrEvent, before: Employment, said: Employment): Employment {
  return possible(event, before).includes(said) ? said : before;
}

function possible({ kind }: Pick<HrEvent, 'kind'>, before: Employment): readonly Employment[] {
  if (kind === 'leaver') return ['left'];
  if (isHire({ kind }) || kind === 'leaverRescinded') return ['joining', 'employed'];
  if (before === 'left') return [];
  // A retry repeats what has not come to its end.
  return kind === 'reconcile' && before === 'joining' ? ['joining', 'employed'] : ['employed'];
}
