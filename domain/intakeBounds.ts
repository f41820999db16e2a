import { TooMuchError } from './errors.ts';
import type { HrEvent, PersonAttributes } from './model.ts';

/** What the intake takes, whichever way it comes in. Above it nothing is lost: it is not taken, and the sender is told when to repeat it. */
export const intakeBounds = {
  /** Events of one person that wait for their turn, of one source; leavers apart. */
  waitingOfPerson: 100,
  /** A share of their own: no flood of other events, and of no other source, keeps a leaver out. */
  waitingLeaversOfPerson: 20,
  /** Of one source; leavers, again, have the same for themselves. */
  eventsAMinute: 6_000,
  /** As it is stored. */
  statementBytes: 64 * 1_024,
  /** Groups apart, which come from the identity provider's own limits. */
  attributes: 100,
} as const;

/** As much as ids, dates, source and reason of an event take at most, beside what it says of the person. */
export const envelopeBytes = 2 * 1_024;

/** Whether the event counts in the leavers' share. */
export const isLeaving = ({ kind }: Pick<HrEvent, 'kind'>): boolean => kind === 'leaver';

/** Muster's own wish to compare somebody again says nothing about anybody, and is not bounded. */
export const isBounded = ({ kind }: Pick<HrEvent, 'kind'>): boolean => kind !== 'reconcile';

/** Throws where the statement is too large. `stored` is what would be kept of it. */
export function requireSmall({ personId, person }: HrEvent, stored: string): void {
  const problem = sizeProblem(person, Buffer.byteLength(stored));
  if (problem === undefined) return;
  throw new TooMuchError(`${personId}: ${problem}`, { bound: 'statement', retryAfterS: 3_600 });
}

/** What is too large about a statement of which so many bytes would be kept. */
export function sizeProblem(person: Partial<PersonAttributes> | undefined, bytes: number): string | undefined {
  const { extra = {}, ...named } = person ?? {};
  const attributes = Object.keys(named).length + Object.keys(extra).filter((name) => name !== 'groups').length;
  const { statementBytes, attributes: most } = intakeBounds;
  if (bytes > statementBytes) return `a statement holds at most ${statementBytes} bytes, not ${bytes}`;
  if (attributes > most) return `a statement holds at most ${most} attributes, not ${attributes}`;
  return undefined;
}

/** Throws where the person's mailbox holds enough of this source already. */
export function requirePersonRoom(event: HrEvent, waiting: number): void {
  const most = isLeaving(event) ? intakeBounds.waitingLeaversOfPerson : intakeBounds.waitingOfPerson;
  if (waiting < most) return;
  throw new TooMuchError(
    `${event.personId}: ${waiting} events of ${event.source} wait for their turn already, and no more are taken before some are applied`,
    { bound: 'person', retryAfterS: 60 },
  );
}

/** Throws where the source has sent enough in this minute. `sent` includes this event. */
export function requireSourceRoom({ source }: HrEvent, sent: number, at: Date): void {
  const most = intakeBounds.eventsAMinute;
  if (sent <= most) return;
  throw new TooMuchError(`the source ${source} has sent ${most} events in this minute`, {
    bound: 'source',
    retryAfterS: 60 - at.getUTCSeconds(),
  });
}
