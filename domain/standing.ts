import { isNewer, lineOf } from './mailbox.ts';
import type { HrEvent, MailboxEvent, PersonRecord } from './model.ts';

/** Why somebody does not act for the company any more, in words; undefined where they do. `events` are those that wait. */
export function goneBecause(
  { employment }: Pick<PersonRecord, 'employment'>,
  events: readonly HrEvent[],
  isDisabled: boolean,
  now: number,
): string | undefined {
  if (employment === 'left') return 'they have left';
  const leaver = leavingEvent(events);
  if (leaver !== undefined && (leaver.immediate === true || Date.parse(leaver.effectiveAt) <= now)) {
    return 'they have left';
  }
  return isDisabled ? 'their account is disabled' : undefined;
}

/** The leaver that waits for its day, unless a newer fact takes it back. */
export function leavingEvent<Event extends MailboxEvent>(events: readonly Event[]): Event | undefined {
  const newest = events
    .filter((event) => lineOf(event) === 'employment')
    .reduce<Event | undefined>((last, event) => (last === undefined || isNewer(event, last) ? event : last), undefined);
  return newest?.kind === 'leaver' ? newest : undefined;
}
