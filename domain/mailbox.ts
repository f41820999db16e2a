import type {
  Employment,
  HrEvent,
  Line,
  LinePosition,
  MailboxEvent,
  PersonRecord,
  ProcessTimes,
  ProcessType,
} from './model.ts';

/**
 * The mailbox: the events that wait for their turn, and which of them still matter. All of it is pure, so that tests can
 * show that any order of delivery ends in the same state.
 */

/** An event that will not be applied, and the event or fact that is the reason. */
export interface DroppedEvent {
  readonly event: MailboxEvent;
  readonly kind: 'superseded' | 'stale' | 'duplicate' | 'outranked';
  readonly why: string;
}

interface Settled {
  readonly waiting: readonly MailboxEvent[];
  readonly dropped: readonly DroppedEvent[];
}

/** Says that the person is employed, and with which attributes. */
export const isHire = ({ kind }: Pick<HrEvent, 'kind'>): boolean => kind === 'joiner' || kind === 'updated';

/** The line on which the event competes with others. `foldLines` takes a joiner's attributes in. */
export function lineOf(event: MailboxEvent): Line | undefined {
  switch (event.kind) {
    case 'joiner':
    case 'updated':
    case 'leaver':
    case 'leaverRescinded':
      return 'employment';
    case 'mover':
      return 'attributes';
    case 'reconcile':
      return undefined;
  }
}

/** Total order of facts: when HR recorded them; the eventId breaks ties, so that every run sees the same order. */
export function isNewer(a: LinePosition, b: LinePosition): boolean {
  const [atA, atB] = [Date.parse(a.occurredAt), Date.parse(b.occurredAt)];
  return atA === atB ? a.eventId > b.eventId : atA > atB;
}

/** When the event's process begins, in milliseconds. A joiner's begins early, so that the invitation is out in time. */
export function dueAt(event: MailboxEvent, times: Pick<ProcessTimes, 'leadMs'>): number {
  if (event.kind === 'reconcile' || event.immediate) return 0;
  return Date.parse(event.effectiveAt) - (isHire(event) ? times.leadMs : 0);
}

/** On the line of employment. What replaces a mover follows from what it says, and is read from the record. */
export function supersedes(newer: MailboxEvent, older: MailboxEvent): boolean {
  if (lineOf(newer) !== 'employment' || lineOf(older) !== 'employment' || !isNewer(newer, older)) return false;
  // A corrected date or a withdrawn leave replaces the older event, and so does any newer one that takes effect no later.
  // A newer event with a later date does not: a contract that ends in December does not cancel its start in June.
  return (
    newer.kind === older.kind ||
    (newer.kind === 'leaverRescinded' && older.kind === 'leaver') ||
    effectiveMs(older) >= effectiveMs(newer)
  );
}

const effectiveMs = (event: MailboxEvent): number => (event.immediate ? 0 : Date.parse(event.effectiveAt));

/** Sorts out duplicates, stale and superseded events. `applied` are eventIds that were applied before. */
export function settle(
  events: readonly MailboxEvent[],
  record: Pick<PersonRecord, 'lines'>,
  applied: readonly string[] = [],
): Settled {
  const dropped: DroppedEvent[] = [];
  const seen = new Set(applied);
  const known: MailboxEvent[] = [];
  for (const event of events) {
    if (seen.has(event.eventId)) dropped.push({ event, kind: 'duplicate', why: 'this eventId was received before' });
    else known.push(event);
    seen.add(event.eventId);
  }
  const counting = known.filter((event) => {
    if (event.outrankedBy === undefined) return true;
    const why = `${event.outrankedBy} has the word on this person's employment, and ${event.source} may not end it`;
    dropped.push({ event, kind: 'outranked', why });
    return false;
  });
  const current = counting.filter((event) => {
    const last = lineOf(event) === 'employment' ? record.lines.employment : undefined;
    if (last === undefined || isNewer(event, last)) return true;
    dropped.push({ event, kind: 'stale', why: `${last.eventId} of ${last.occurredAt} is newer and was applied` });
    return false;
  });
  const waiting = current.filter((event) => {
    if (event.replacedBy !== undefined) {
      dropped.push({ event, kind: 'superseded', why: `${event.replacedBy} replaces it` });
      return false;
    }
    const by = current.find((other) => supersedes(other, event));
    if (by === undefined) return true;
    dropped.push({ event, kind: 'superseded', why: `${by.kind} ${by.eventId} of ${by.occurredAt} replaces it` });
    return false;
  });
  return { waiting, dropped };
}

type Choice =
  | { readonly state: 'empty' }
  | { readonly state: 'due'; readonly event: MailboxEvent; readonly dropped: readonly DroppedEvent[] }
  | { readonly state: 'later'; readonly event: MailboxEvent; readonly at: number };

/**
 * The next event: the one with the earliest effective date among those that are due, else the one that is due first.
 * A reconcile is dropped where another due event waits, since that one's process compares and mends anyway.
 */
export function chooseEvent(
  waiting: readonly MailboxEvent[],
  times: Pick<ProcessTimes, 'leadMs'>,
  now: number,
): Choice {
  const due = waiting.filter((event) => dueAt(event, times) <= now);
  const facts = due.filter((event) => event.kind !== 'reconcile');
  const [earliest] = (facts.length > 0 ? facts : due).toSorted(byEffect);
  // A due leaver goes first: it would end this one's process at once and put the event back, again and again.
  const leaver = facts
    .filter(({ kind }) => kind === 'leaver')
    .toSorted(byEffect)
    .find((one) => earliest !== undefined && !isEndedBy(earliest, one));
  const first = leaver ?? earliest;
  if (first !== undefined) {
    const dropped = due
      .filter((event) => event.kind === 'reconcile' && event !== first)
      .map((event): DroppedEvent => ({
        event,
        kind: 'superseded',
        why: `${first.kind} ${first.eventId} compares and mends the access anyway`,
      }));
    return { state: 'due', event: first, dropped };
  }
  const [next] = waiting.toSorted((a, b) => dueAt(a, times) - dueAt(b, times) || byEffect(a, b));
  return next === undefined ? { state: 'empty' } : { state: 'later', event: next, at: dueAt(next, times) };
}

function byEffect(a: MailboxEvent, b: MailboxEvent): number {
  return effectiveMs(a) - effectiveMs(b) || (isNewer(b, a) ? -1 : 1);
}

/** The process that an event starts. A reconcile repeats whatever the person's state calls for. */
export function processOf({ kind }: Pick<HrEvent, 'kind'>, employment: Employment = 'unknown'): ProcessType {
  switch (kind) {
    case 'joiner':
    case 'leaverRescinded':
      return 'onboarding';
    case 'updated':
      return employment === 'employed' ? 'roleChange' : 'onboarding';
    case 'mover':
      return 'roleChange';
    case 'leaver':
      return 'offboarding';
    case 'reconcile':
      return employment === 'joining' ? 'onboarding' : employment === 'left' ? 'offboarding' : 'roleChange';
  }
}

/**
 * Whether a due leaver that ended the event's process ends the event too: it does if both are on the same line and the
 * event is older. Any other event (a newer rehire, a mover's attributes) waits for its turn after the leaver.
 */
export function isEndedBy(event: MailboxEvent, leaver: MailboxEvent): boolean {
  return lineOf(event) === lineOf(leaver) && isNewer(leaver, event);
}

/** The lines after the event was applied, or a hire was superseded: the newest position of each line stays. */
export function foldLines(lines: PersonRecord['lines'], event: MailboxEvent): PersonRecord['lines'] {
  const line = lineOf(event);
  return {
    ...lines,
    ...(line === undefined ? {} : { [line]: newest(lines[line], event) }),
    ...(event.isTelling === true ? { attributes: newest(lines.attributes, event) } : {}),
  };
}

export const newest = (a: LinePosition | undefined, { occurredAt, eventId }: LinePosition): LinePosition =>
  a === undefined || isNewer({ occurredAt, eventId }, a) ? { occurredAt, eventId } : a;
