import type { Activities } from '../../activities/index.ts';
import type { EventCancellation } from '../../domain/contracts.ts';
import {
  chooseEvent,
  dueAt,
  foldAttributes,
  foldEvent,
  isHire,
  isNewer,
  settle,
  type DroppedEvent,
} from '../../domain/mailbox.ts';
import type { Employment, HrEvent, Outcome, PersonAttributes, PersonRecord } from '../../domain/model.ts';
import type { Process } from './process.ts';

type Admission = Awaited<ReturnType<Activities['admitEvents']>>;
/** What the policy says of the way in which a process goes. */
type Terms = Omit<Admission, 'record' | 'applied'>;

interface EndedEvent {
  readonly event: HrEvent;
  readonly outcome: Outcome;
}

/** What has come for the person: the event whose process runs, what waits for its turn, and what the record says of them. */
export class Mailbox {
  /** The person as the record knows them; known from the first admission on, as the terms are. */
  record: PersonRecord;
  /** Received, not yet looked up in the record. */
  incoming: readonly HrEvent[];
  /** Say an id only, and HR is asked for the record: until it has replied they have not arrived. */
  fetching: readonly HrEvent[] = [];
  waiting: readonly HrEvent[] = [];
  withdrawals: readonly EventCancellation[] = [];
  /** Events that ended and are not yet on record as such. */
  ended: readonly EndedEvent[] = [];
  /** The event whose process runs. It may be replaced by a newer one meanwhile. */
  current: HrEvent | undefined;
  /** Waits for its day, and is the next. */
  next: HrEvent | undefined;
  /** The person's attributes as they will be once the event is applied. */
  attributes: PersonAttributes | undefined;
  readonly #process: Readonly<Process>;
  #terms: Terms | undefined;
  #isAdmitting = false;

  constructor(process: Readonly<Process>, events: readonly HrEvent[]) {
    this.#process = process;
    this.incoming = events;
    this.record = { personId: process.personId, previousEmails: [], employment: 'unknown', lines: {} };
  }

  get terms(): Terms {
    if (this.#terms === undefined) throw new Error('no event was admitted yet');
    return this.#terms;
  }

  get hasTerms(): boolean {
    return this.#terms !== undefined;
  }

  get event(): HrEvent {
    if (this.current === undefined) throw new Error('no process runs');
    return this.current;
  }

  get managers(): readonly string[] {
    return this.attributes?.manager === undefined ? [] : [this.attributes.manager];
  }

  /** Every e-mail by which HR knows the person, or will. */
  get emails(): readonly string[] {
    const said = this.waiting.map(({ person }) => person?.email);
    const emails = [this.attributes?.email, this.record.attributes?.email, ...this.record.previousEmails, ...said];
    return emails.filter((email) => email !== undefined);
  }

  get contents(): readonly HrEvent[] {
    return [...this.waiting, ...this.incoming, ...this.fetching];
  }

  /** Nothing is looked up, or is to be. */
  get isSettled(): boolean {
    return this.incoming.length === 0 && !this.#isAdmitting;
  }

  /** For a wait: whether what waits, or the event whose process runs, has changed since. */
  watch(): () => boolean {
    const [waiting, current] = [this.waiting, this.current];
    return () => this.waiting !== waiting || this.current !== current;
  }

  receive(event: HrEvent): void {
    this.incoming = [...this.incoming, event];
  }

  withdraw(request: EventCancellation): void {
    this.withdrawals = [...this.withdrawals, request];
  }

  /** Whatever has arrived is looked up now. */
  beginAdmission(): readonly HrEvent[] {
    const arrived = this.incoming;
    this.incoming = [];
    this.#isAdmitting = true;
    return arrived;
  }

  /** Sorts in what has arrived; returns the events whose record is to be fetched from HR. */
  admit(arrived: readonly HrEvent[], { record, applied, ...terms }: Admission): readonly HrEvent[] {
    if (this.#terms === undefined) this.record = record;
    this.#terms = terms;
    const current = this.current === undefined ? [] : [this.current.eventId];
    const known = [...applied, ...this.ended.map(({ event }) => event.eventId), ...current];
    const whole = arrived.filter(({ fetchId }) => fetchId === undefined);
    const seen = new Set([...known, ...[...whole, ...this.waiting, ...this.fetching].map(({ eventId }) => eventId)]);
    const partial = arrived.filter(({ eventId, fetchId }, index) => {
      const isFirst = arrived.findIndex((one) => one.eventId === eventId) === index;
      return fetchId !== undefined && isFirst && !seen.has(eventId);
    });
    this.fetching = [...this.fetching, ...partial];
    const { waiting, dropped } = settle([...this.waiting, ...whole], this.record, known);
    this.waiting = waiting;
    this.#drop(dropped);
    return partial;
  }

  endAdmission(): void {
    this.#isAdmitting = false;
  }

  /** HR's record of an event that said an id only has come, or will not come. */
  endFetch(event: HrEvent, found: readonly HrEvent[] | Outcome): void {
    if (!this.fetching.includes(event)) return;
    this.fetching = this.fetching.filter((one) => one !== event);
    if ('kind' in found) this.ended = [...this.ended, { event, outcome: found }];
    else this.incoming = [...this.incoming, ...found];
  }

  endAllFetches(outcome: Outcome): void {
    for (const event of this.fetching) this.endFetch(event, outcome);
  }

  choose() {
    return chooseEvent(this.waiting, this.terms.times, Date.now());
  }

  /** Waits for the day of this event. */
  schedule(event: HrEvent): void {
    this.next = event;
  }

  /** Takes the event out: its process begins. */
  take(event: HrEvent, dropped: readonly DroppedEvent[]): void {
    this.#drop(dropped);
    const gone = new Set([event, ...dropped.map((one) => one.event)]);
    this.waiting = this.waiting.filter((one) => !gone.has(one));
    this.next = undefined;
    this.current = event;
    this.attributes = foldEvent(this.record, event).attributes;
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
      this.record = { ...this.record, ...foldEvent(this.record, mover) };
      this.#end(mover, { kind: 'completed', detail: 'taken over by the onboarding', parts: [] });
    }
    this.attributes = foldEvent(this.record, this.event).attributes;
    return true;
  }

  get #newerHire(): HrEvent | undefined {
    return this.waiting.find((event) => isHire(event) && isNewer(event, this.event));
  }

  dueAt(event: HrEvent): number {
    return dueAt(event, this.terms.times);
  }

  /** Takes out what an operator has withdrawn: it is never applied. */
  takeWithdrawn(): readonly EndedEvent[] {
    const asked = this.withdrawals;
    this.withdrawals = [];
    return asked.flatMap(({ eventId, actor, reason }) => {
      const event = this.waiting.find((one) => one.eventId === eventId);
      if (event === undefined) {
        const isRunning = this.current?.eventId === eventId;
        this.#process.refuse(`cancel ${eventId}`, isRunning ? 'its process is running' : 'no event with this id waits');
        return [];
      }
      this.waiting = this.waiting.filter((one) => one !== event);
      if (this.next === event) this.next = undefined;
      const detail = `withdrawn by ${actor}${reason === undefined ? '' : `: ${reason}`}`;
      this.#process.note(`${event.kind} ${eventId} ${detail}`);
      // Known from now on, so that the same event again does not count.
      return [this.#end(event, { kind: 'cancelled', detail, parts: [] })];
    });
  }

  /** The process of the event has ended: the record follows it. */
  apply(outcome: Outcome, employment: Employment): void {
    this.record = { ...this.record, ...foldEvent(this.record, this.event), employment };
    this.#end(this.event, outcome);
  }

  /** A leaver only postpones the event: it has its turn after that. */
  putBack(employment: Employment): void {
    this.waiting = [...this.waiting, this.event];
    // What arrives from now on must not make it a duplicate of itself.
    this.current = undefined;
    this.record = { ...this.record, employment };
  }

  /** What ended since the last time, to be put on record. */
  takeEnded(): readonly EndedEvent[] {
    const ended = this.ended;
    this.ended = [];
    return ended;
  }

  #end(event: HrEvent, outcome: Outcome): EndedEvent {
    const ended = { event, outcome };
    this.ended = [...this.ended, ended];
    return ended;
  }

  #drop(dropped: readonly DroppedEvent[]): void {
    for (const { event, kind, why } of dropped) {
      this.#process.refuse(`${event.kind} ${event.eventId}`, `${kind}: ${why}`);
      if (kind === 'duplicate') continue;
      if (isHire(event)) this.record = { ...this.record, ...foldAttributes(this.record, event) };
      this.#end(event, { kind, detail: why, parts: [] });
    }
  }
}
