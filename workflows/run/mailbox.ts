import type { Activities } from '../../activities/index.ts';
import { chooseEvent, dueAt, foldLines, isHire, isNewer, settle, type DroppedEvent } from '../../domain/mailbox.ts';
import type { Employment, KnownPerson, MailboxEvent, Outcome } from '../../domain/model.ts';
import type { Process } from './process.ts';

type OpenMailbox = Awaited<ReturnType<Activities['readMailbox']>>;

interface EndedEvent {
  readonly event: MailboxEvent;
  readonly outcome: Outcome;
}

const keptNotices = 50;

/**
 * What has come for the person, as the record says: the event whose process runs, and what waits for its turn. A signal means that
 * there is something to read; it carries nothing.
 */
export class Mailbox {
  /** The person as the record knows them; known from the first reading on, as the terms are. */
  person: KnownPerson = { employment: 'unknown', lines: {}, isKnown: false };
  /** Say an id only, and HR is asked for the record: until it has replied they have not arrived. */
  fetching: readonly MailboxEvent[] = [];
  waiting: readonly MailboxEvent[] = [];
  /** Events that ended and are not yet on record as such. */
  ended: readonly EndedEvent[] = [];
  /** The event whose process runs. It may be replaced by a newer one meanwhile. */
  current: MailboxEvent | undefined;
  /** Waits for its day, and is the next. */
  next: MailboxEvent | undefined;
  readonly #process: Readonly<Process>;
  #terms: OpenMailbox['terms'] | undefined;
  #isToBeRead = true;
  #isReading = false;
  /** Events that somebody said to look at. */
  #noticed: readonly string[] = [];
  #newsTaken = 0;

  constructor(process: Readonly<Process>) {
    this.#process = process;
  }

  get terms(): OpenMailbox['terms'] {
    if (this.#terms === undefined) throw new Error('the mailbox was not read yet');
    return this.#terms;
  }

  get event(): MailboxEvent {
    if (this.current === undefined) throw new Error('no process runs');
    return this.current;
  }

  get contents(): readonly MailboxEvent[] {
    return [...this.waiting, ...this.fetching];
  }

  get isToBeRead(): boolean {
    return this.#isToBeRead;
  }

  /** Nothing is read, or is to be. */
  get isSettled(): boolean {
    return !this.#isToBeRead && !this.#isReading;
  }

  /** For a wait: whether what waits, or the event whose process runs, has changed since. */
  watch(): () => boolean {
    const [waiting, current] = [this.waiting, this.current];
    return () => this.waiting !== waiting || this.current !== current;
  }

  /** For a step that waits: whether news were taken since. */
  watchNews(): () => boolean {
    const taken = this.#newsTaken;
    return () => this.#newsTaken !== taken;
  }

  /** Something came for the person. */
  look(eventId?: string): void {
    this.#isToBeRead = true;
    if (eventId !== undefined) this.#noticed = [...this.#noticed, eventId].slice(-keptNotices);
  }

  beginReading(): void {
    this.#isToBeRead = false;
    this.#isReading = true;
  }

  /** Sorts in what the record holds; returns the events whose record is to be fetched from HR. */
  read({ person, events, terms }: OpenMailbox): readonly MailboxEvent[] {
    const { employment } = this.#terms === undefined ? person : this.person;
    // The record's own lines: what was newest before may not count any more, and what it had overtaken does.
    this.person = { ...person, employment };
    this.#terms = terms;
    this.#refuseUnknown(events);
    const over = new Set([this.current?.eventId, ...this.ended.map(({ event }) => event.eventId)]);
    const fresh = events.filter(({ eventId }) => !over.has(eventId));
    for (const event of fresh.filter(({ isWithdrawn }) => isWithdrawn)) this.#withdraw(event);
    const toFetch = fresh.filter(({ isToFetch, isWithdrawn }) => isToFetch && !isWithdrawn);
    const partial = toFetch.filter(({ eventId }) => !this.fetching.some((one) => one.eventId === eventId));
    this.fetching = [...this.fetching, ...partial];
    // One that was read before stays the same object.
    const whole = fresh
      .filter(({ isToFetch, isWithdrawn }) => !isToFetch && !isWithdrawn)
      .map((event) => this.waiting.find(({ eventId }) => eventId === event.eventId) ?? event);
    const { waiting, dropped } = settle(whole, this.person);
    if (waiting.length !== this.waiting.length || waiting.some((event) => !this.waiting.includes(event))) {
      this.waiting = waiting;
    }
    this.#drop(dropped);
    return partial;
  }

  endReading(): void {
    this.#isReading = false;
  }

  /** HR's record of an event that said an id only is on record, or (with an outcome) will not come. */
  endFetch(event: MailboxEvent, outcome?: Outcome): void {
    if (!this.fetching.includes(event)) return;
    this.fetching = this.fetching.filter((one) => one !== event);
    if (outcome === undefined) this.look();
    else this.#end(event, outcome);
  }

  endAllFetches(outcome: Outcome): void {
    for (const event of this.fetching) this.endFetch(event, outcome);
  }

  choose() {
    return chooseEvent(this.waiting, this.terms.times, Date.now());
  }

  /** Waits for the day of this event. */
  schedule(event: MailboxEvent): void {
    this.next = event;
  }

  /** Takes the event out: its process begins. */
  take(event: MailboxEvent, dropped: readonly DroppedEvent[]): void {
    this.#drop(dropped);
    const gone = new Set([event, ...dropped.map((one) => one.event)]);
    this.waiting = this.waiting.filter((one) => !gone.has(one));
    this.next = undefined;
    this.current = event;
  }

  /** When `takeNews` would find something; milliseconds, Infinity where nothing waits. */
  get newsAt(): number {
    if (this.#newerHire !== undefined) return 0;
    const movers = this.waiting.filter(({ kind }) => kind === 'mover');
    return Math.min(Number.POSITIVE_INFINITY, ...movers.map((event) => this.dueAt(event)));
  }

  /** A newer joiner with a corrected date, or movers that are due: what an onboarding takes over while it waits. */
  takeNews(): boolean {
    const joiner = this.#newerHire;
    const movers = this.waiting.filter((event) => event.kind === 'mover' && this.dueAt(event) <= Date.now());
    if (joiner === undefined && movers.length === 0) return false;
    this.waiting = this.waiting.filter((event) => event !== joiner && !movers.includes(event));
    if (joiner !== undefined) {
      this.#drop([{ event: this.event, kind: 'superseded', why: `${joiner.kind} ${joiner.eventId} replaces it` }]);
      this.current = joiner;
    }
    for (const mover of movers.toSorted((a, b) => (isNewer(a, b) ? 1 : -1))) {
      this.#fold(mover);
      this.#end(mover, { kind: 'completed', detail: 'taken over by the onboarding', parts: [] });
    }
    this.#newsTaken += 1;
    return true;
  }

  get #newerHire(): MailboxEvent | undefined {
    return this.waiting.find((event) => isHire(event) && isNewer(event, this.event));
  }

  dueAt(event: MailboxEvent): number {
    return dueAt(event, this.terms.times);
  }

  /** The process of the event has ended: the record follows it. */
  apply(outcome: Outcome, employment: Employment): void {
    this.#fold(this.event);
    this.person = { ...this.person, employment };
    this.#end(this.event, outcome);
  }

  /** The event has its turn later: after a leaver that only postpones it, or in the next run. */
  putBack(employment: Employment = this.person.employment): void {
    this.waiting = [...this.waiting, this.event];
    this.current = undefined;
    this.person = { ...this.person, employment };
  }

  /** What ended since the last time, to be put on record. */
  takeEnded(): readonly EndedEvent[] {
    const ended = this.ended;
    this.ended = [];
    return ended;
  }

  /** Withdrawn on record before its turn: it is never carried out. */
  #withdraw(event: MailboxEvent): void {
    this.waiting = this.waiting.filter(({ eventId }) => eventId !== event.eventId);
    if (this.next?.eventId === event.eventId) this.next = undefined;
    this.#process.note(`${event.kind} ${event.eventId} was withdrawn`);
    this.#end(event, { kind: 'cancelled', detail: 'withdrawn', parts: [] });
  }

  #refuseUnknown(events: readonly MailboxEvent[]): void {
    for (const eventId of this.#noticed) {
      const event = events.find((one) => one.eventId === eventId);
      if (event === undefined) this.#process.refuse(`event ${eventId}`, 'no event with this id waits on record');
      else if (event.isWithdrawn && this.current?.eventId === eventId) {
        this.#process.refuse(`cancel ${eventId}`, 'its process is running');
      }
    }
    this.#noticed = [];
  }

  #fold(event: MailboxEvent): void {
    this.person = { ...this.person, lines: foldLines(this.person.lines, event) };
  }

  #end(event: MailboxEvent, outcome: Outcome): void {
    this.ended = [...this.ended, { event, outcome }];
  }

  #drop(dropped: readonly DroppedEvent[]): void {
    for (const { event, kind, why } of dropped) {
      this.#process.refuse(`${event.kind} ${event.eventId}`, `${kind}: ${why}`);
      if (kind !== 'duplicate') this.#end(event, { kind, detail: why, parts: [] });
    }
  }
}
