import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  searchAttributes,
  type ApprovalView,
  type PersonRunInput,
  type PersonStatus,
  type Refusal,
} from './core/contracts.ts';
import { describeStatus } from './core/describe.ts';
import type { MissingPermission } from './core/failures.ts';
import {
  chooseEvent,
  dueAt,
  foldAttributes,
  foldEvent,
  isEndedBy,
  isNewer,
  processTypeOf,
  settle,
  supersedes,
  type DroppedEvent,
} from './core/mailbox.ts';
import type {
  Account,
  Decision,
  Employment,
  Entitlement,
  HrEvent,
  Outcome,
  PartResult,
  PersonAttributes,
  PersonRecord,
  Phase,
  ProcessTimes,
  ProcessType,
} from './core/model.ts';
import { permissionPoll, records } from './proxies.ts';
import { listen } from './handlers.ts';

/** How a story ended: for the event, and for the person. */
export interface Ending {
  readonly outcome: Outcome;
  readonly employment: Employment;
}

export type Story = (run: PersonRun, event: HrEvent) => Promise<Ending>;

/**
 * Phases in which a process stays for long: these are worth a search attribute, which costs about an activity. The short
 * change at the end of an onboarding is not.
 */
const lasts = (type: ProcessType, phase: Phase): boolean =>
  phase === 'changing' ? type !== 'onboarding' : phase !== 'preparing';
const keptRefusals = 50;

/** The state of one run, and what its story may do with it. */
export class PersonRun {
  readonly personId: string;
  readonly type: ProcessType;
  /** Known from the first admission on. */
  record: PersonRecord;
  times: ProcessTimes | undefined;
  acceptClaimed = false;
  /** Whose story is being told. */
  event: HrEvent | undefined;
  /** Waits in the mailbox for its day, and is the next. */
  scheduled: HrEvent | undefined;
  /** The person's attributes as they will be once the event is applied. */
  attributes: PersonAttributes | undefined;
  account: Account | undefined;
  desired: readonly Entitlement[] = [];
  approvals: ApprovalView[] = [];
  parts: PartResult[] = [];
  /** Received, not yet looked up in the inventory. */
  incoming: HrEvent[];
  waiting: HrEvent[] = [];
  /** Events that ended without a process of their own. */
  ended: { event: HrEvent; outcome: Outcome }[] = [];
  decisions: Decision[];
  refused: Refusal[];
  activated = new Set<string>();
  preemptedBy: HrEvent | undefined;
  isAdmitting = false;
  #phase: Phase = 'preparing';
  #hasEntered = false;
  #waitingFor: string | undefined;
  #until: number | undefined;
  #blockers = new Map<string, number>();
  #steps: { at: string; text: string }[] = [];
  #outcome: Outcome | undefined;

  constructor(type: ProcessType, input: PersonRunInput) {
    this.personId = input.personId;
    this.type = type;
    this.record = { personId: input.personId, previousEmails: [], employment: 'unknown', lines: {} };
    this.incoming = [...(input.events ?? [])];
    this.decisions = [...(input.carried?.decisions ?? [])];
    this.refused = [...(input.carried?.refused ?? [])];
  }

  /** Everything by which the person is known: nobody decides about their own access under another address. */
  get identities(): readonly string[] {
    const emails = [this.attributes?.email, this.record.attributes?.email, ...this.record.previousEmails];
    return [this.personId, ...emails.filter((email) => email !== undefined)];
  }

  get processTimes(): ProcessTimes {
    if (this.times === undefined) throw new Error('no event was admitted yet');
    return this.times;
  }

  /** Enters a phase; where it lasts, the search attribute and the inventory learn of it. `until` in milliseconds. */
  async enter(phase: Phase, waitingFor?: string, until?: number): Promise<void> {
    this.#phase = phase;
    this.#waitingFor = waitingFor;
    this.#until = until;
    this.show();
    const attribute = workflowInfo().typedSearchAttributes.get(searchAttributes.phase);
    // A run that follows another one has inherited the other's phase.
    const isInherited = !this.#hasEntered && attribute !== undefined;
    this.#hasEntered = true;
    if (attribute !== phase && (isInherited || lasts(this.type, phase))) {
      upsertSearchAttributes([
        { key: searchAttributes.personId, value: this.personId },
        { key: searchAttributes.phase, value: phase },
      ]);
    }
    if (!lasts(this.type, phase) || phase === 'done') return;
    await records.recordProgress({
      personId: this.personId,
      process: this.type,
      phase,
      ...(waitingFor === undefined ? {} : { waitingFor }),
      ...(until === undefined ? {} : { until: isoOf(until) }),
      at: isoOf(Date.now()),
    });
  }

  /** One line of the run's own account of itself. */
  note(text: string): void {
    this.#steps.push({ at: isoOf(Date.now()), text });
    this.show();
  }

  finishPart(part: string, result: PartResult['result'], detail?: string): void {
    this.parts.push({ part, result, ...(detail === undefined ? {} : { detail }) });
    this.note(`${part}: ${result}${detail === undefined ? '' : ` (${detail})`}`);
  }

  refuse(what: string, why: string): void {
    this.refused = [...this.refused, { at: isoOf(Date.now()), what, why }].slice(-keptRefusals);
    this.show();
  }

  drop(dropped: readonly DroppedEvent[]): void {
    for (const { event, kind, why } of dropped) {
      this.refuse(`${event.kind} ${event.eventId}`, `${kind}: ${why}`);
      if (event.kind === 'joiner' && kind !== 'duplicate')
        this.record = { ...this.record, ...foldAttributes(this.record, event) };
      if (kind !== 'duplicate') this.ended.push({ event, outcome: { kind, detail: why, parts: [] } });
    }
  }

  /**
   * Calls Datadog. Where the key may not do it, the process is blocked: it says what is missing, waits until the key is
   * mended, and calls again.
   */
  async allowed<T>(call: () => Promise<T>): Promise<T> {
    for (let refusals = 0; ; refusals += 1) {
      try {
        return await call();
      } catch (error) {
        refuseToGoOn();
        const missing = missingPermissionOf(error);
        if (missing === undefined) throw error;
        await this.#waitForPermission(missing, refusals);
      }
    }
  }

  async #waitForPermission(missing: MissingPermission, refusals: number): Promise<void> {
    const [phase, waitingFor, until] = [this.#phase, this.#waitingFor, this.#until];
    this.#blockers.set(missing.permission, (this.#blockers.get(missing.permission) ?? 0) + 1);
    if (phase !== 'blocked') {
      await this.enter('blocked', adviceFor(missing));
      await records.notify({ kind: 'processBlocked', personId: this.personId, to: [], details: { ...missing } });
    }
    // A probe cannot see everything a write needs: after it said yes in vain, the next try waits longer.
    if (refusals > 0) await sleep(Math.min(15, 2 ** refusals) * 60_000);
    await permissionPoll.awaitPermission(missing);
    const left = (this.#blockers.get(missing.permission) ?? 1) - 1;
    if (left > 0) this.#blockers.set(missing.permission, left);
    else this.#blockers.delete(missing.permission);
    if (this.#blockers.size === 0 && phase !== 'blocked') await this.enter(phase, waitingFor, until);
  }

  show(): void {
    setCurrentDetails(describeStatus(this.status()));
  }

  status(): PersonStatus {
    const [blocker] = this.#blockers.keys();
    const event = this.event ?? this.scheduled;
    return {
      personId: this.personId,
      process: this.type,
      phase: this.#phase,
      ...(event === undefined ? {} : { event: briefly(event) }),
      ...(this.#waitingFor === undefined ? {} : { waitingFor: this.#waitingFor }),
      ...(this.#until === undefined ? {} : { until: isoOf(this.#until) }),
      ...(blocker === undefined
        ? {}
        : { blocked: { permission: blocker, advice: adviceFor({ permission: blocker, operation: '' }) } }),
      ...(this.account === undefined ? {} : { account: { id: this.account.id, status: this.account.status } }),
      desired: this.desired,
      approvals: this.approvals,
      parts: this.parts,
      mailbox: [...this.waiting, ...this.incoming].map(briefly),
      refused: this.refused,
      steps: this.#steps,
      ...(this.#outcome === undefined ? {} : { outcome: this.#outcome }),
    };
  }

  conclude(outcome: Outcome): void {
    this.#outcome = outcome;
    this.note(`outcome: ${outcome.kind}${outcome.detail === undefined ? '' : `, ${outcome.detail}`}`);
  }
}

/** One run: takes the next event that is due, lets its story happen, and hands what waits to the next run of the chain. */
export async function runPerson(type: ProcessType, input: PersonRunInput, story: Story): Promise<void> {
  const run = new PersonRun(type, input);
  listen(run);
  // Cancelling in the Temporal UI ends the process, not the mailbox: only the story's scope is cancelled.
  let cancelStory: (() => void) | undefined;
  let isCancelled = false;
  CancellationScope.current().cancelRequested.catch(() => {
    isCancelled = true;
    cancelStory?.();
  });

  await CancellationScope.nonCancellable(async () => {
    void admitArrivals(run);
    const event = await nextEvent(run, () => isCancelled);
    if (event !== undefined) {
      const ending = isCancelled ? undefined : await perform(run, story, event, (cancel) => (cancelStory = cancel));
      await finish(run, run.event ?? event, ending ?? { outcome: cancelled, employment: employmentAfterCancel(run) });
    } else if (run.ended.length > 0) {
      await finish(run);
    }
    await comeToRest(run);
    if (run.waiting.length > 0) await continueWithNext(run);
    await run.enter('done');
  });
}

const cancelled: Outcome = { kind: 'cancelled', detail: 'the process was cancelled by hand', parts: [] };

/** Looks up what arrives, so that a repeated event never counts twice, however long ago it was applied. */
async function admitArrivals(run: PersonRun): Promise<void> {
  for (;;) {
    await condition(() => run.incoming.length > 0);
    run.isAdmitting = true;
    const arrived = run.incoming;
    run.incoming = [];
    const { record, applied, times, acceptClaimed } = await records.admitEvents(run.personId, arrived);
    if (run.times === undefined) run.record = record;
    run.times = times;
    run.acceptClaimed = acceptClaimed;
    const known = [
      ...applied,
      ...run.ended.map(({ event }) => event.eventId),
      ...(run.event ? [run.event.eventId] : []),
    ];
    const { waiting, dropped } = settle([...run.waiting, ...arrived], run.record, known);
    run.waiting = [...waiting];
    run.drop(dropped);
    run.isAdmitting = false;
    run.show();
  }
}

/** Waits until an event is due. An event of another type goes to a run of that type before anything is done. */
async function nextEvent(run: PersonRun, isCancelled: () => boolean): Promise<HrEvent | undefined> {
  // Without an event (started by hand) there is nothing to do; no timer where one has come with the start.
  if (run.incoming.length === 0 && !run.isAdmitting) await condition(() => run.incoming.length > 0, '1 minute');
  for (;;) {
    await condition(() => run.incoming.length === 0 && !run.isAdmitting);
    if (run.times === undefined) return undefined;
    const choice = chooseEvent(run.waiting, run.times, Date.now());
    if (choice.state === 'empty') return undefined;
    if (processTypeOf(choice.event, run.record.employment) !== run.type) await continueWithNext(run);
    if (choice.state === 'due' || isCancelled()) {
      const dropped = choice.state === 'due' ? choice.dropped : [];
      run.drop(dropped);
      const gone = new Set([choice.event, ...dropped.map(({ event }) => event)]);
      run.waiting = run.waiting.filter((event) => !gone.has(event));
      run.scheduled = undefined;
      run.event = choice.event;
      return choice.event;
    }
    const seen = run.waiting;
    run.scheduled = choice.event;
    await run.enter('scheduled', `${choice.event.kind} to take effect`, choice.at);
    await condition(
      () => run.waiting !== seen || run.incoming.length > 0 || isCancelled(),
      Math.max(1, choice.at - Date.now()),
    );
  }
}

/** Lets the story happen, and cancels it when a leaver becomes due or a newer fact replaces the event. */
async function perform(
  run: PersonRun,
  story: Story,
  event: HrEvent,
  onCancel: (cancel: () => void) => void,
): Promise<Ending | undefined> {
  run.event = event;
  run.attributes = foldEvent(run.record, event).attributes;
  const scope = new CancellationScope();
  const watch = new CancellationScope();
  onCancel(() => scope.cancel());
  const watching = watch.run(() => watchForPreemption(run, scope)).catch(ignoreCancellation);
  try {
    return await scope.run(() => story(run, event));
  } catch (error) {
    if (isCancellation(error)) return undefined;
    if (!(error instanceof ActivityFailure)) throw error;
    return {
      outcome: { kind: 'failed', detail: wordsOf(error), parts: run.parts },
      employment: employmentAfterFailure(run),
    };
  } finally {
    watch.cancel();
    await watching;
  }
}

async function watchForPreemption(run: PersonRun, scope: CancellationScope): Promise<void> {
  for (;;) {
    const now = Date.now();
    const leavers = run.type === 'offboarding' ? [] : run.waiting.filter((event) => event.kind === 'leaver');
    const replacing = run.waiting.find(
      (event) =>
        run.event !== undefined &&
        event.kind !== run.event.kind &&
        run.type !== 'offboarding' &&
        supersedes(event, run.event),
    );
    const due = leavers.find((event) => dueAt(event, run.processTimes) <= now) ?? replacing;
    if (due !== undefined) {
      run.preemptedBy = due;
      run.note(`${due.kind} ${due.eventId} ends this process`);
      scope.cancel();
      return;
    }
    const next = Math.min(...leavers.map((event) => dueAt(event, run.processTimes)));
    const [seen, current] = [run.waiting, run.event];
    const hasChanged = () => run.waiting !== seen || run.event !== current;
    if (Number.isFinite(next)) await condition(hasChanged, Math.max(1, next - now));
    else await condition(hasChanged);
  }
}

/** Writes down how it ended, in one transaction, and puts back what a leaver only postponed. */
async function finish(run: PersonRun, event?: HrEvent, given?: Ending): Promise<void> {
  const leaver = run.preemptedBy;
  const isPostponed =
    event !== undefined &&
    leaver !== undefined &&
    given?.outcome === cancelled &&
    event.kind !== 'reconcile' &&
    !isEndedBy(event, leaver);
  const ending: Ending | undefined =
    leaver !== undefined && given?.outcome === cancelled
      ? {
          outcome: { kind: 'superseded', detail: `${leaver.kind} ${leaver.eventId} ended it`, parts: run.parts },
          employment: employmentAfterFailure(run),
        }
      : given;
  if (event !== undefined && !isPostponed) run.record = { ...run.record, ...foldEvent(run.record, event) };
  if (isPostponed) {
    run.waiting = [...run.waiting, event];
    // What arrives from now on must not make it a duplicate of itself.
    run.event = undefined;
  }
  for (const approval of run.approvals.filter(({ state }) => state === 'open')) {
    await records.closeApproval(run.personId, approval.approvalId, 'withdrawn');
  }
  if (ending !== undefined) run.conclude(ending.outcome);
  const events = run.ended.map(({ event: { eventId }, outcome }) => ({ eventId, outcome }));
  if (event !== undefined && ending !== undefined && !isPostponed)
    events.push({ eventId: event.eventId, outcome: ending.outcome });
  run.record = { ...run.record, employment: ending?.employment ?? run.record.employment };
  run.ended = [];
  await records.finishProcess({
    personId: run.personId,
    process: run.type,
    events,
    lines: run.record.lines,
    person: {
      ...(run.record.attributes === undefined ? {} : { attributes: run.record.attributes }),
      employment: run.record.employment,
    },
    at: isoOf(Date.now()),
  });
}

/** Until nothing is looked up or handled any more, and what ended without a process of its own is on record. */
async function comeToRest(run: PersonRun): Promise<void> {
  do {
    if (run.ended.length > 0) await finish(run);
    await condition(() => allHandlersFinished() && !run.isAdmitting && run.incoming.length === 0);
  } while (run.ended.length > 0);
}

/** Hands the mailbox to the next run, as the type of the event that is next. */
async function continueWithNext(run: PersonRun): Promise<never> {
  await comeToRest(run);
  const events = run.waiting;
  const choice = chooseEvent(events, run.processTimes, Date.now());
  const type = choice.state === 'empty' ? run.type : processTypeOf(choice.event, run.record.employment);
  const input: PersonRunInput = {
    personId: run.personId,
    events,
    carried: { decisions: run.decisions, refused: run.refused },
  };
  return makeContinueAsNewFunc<(next: PersonRunInput) => Promise<void>>({ workflowType: type })(input);
}

/** Access may be half given: the next `person retry` goes on from there. */
function employmentAfterFailure(run: PersonRun): Employment {
  if (run.type === 'offboarding') return 'left';
  return run.type === 'onboarding' && run.record.employment !== 'employed' ? 'joining' : run.record.employment;
}

/** A leaver whose process was cancelled by hand has not left. */
function employmentAfterCancel(run: PersonRun): Employment {
  return run.type === 'offboarding' ? run.record.employment : employmentAfterFailure(run);
}

export function wordsOf(error: ActivityFailure): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function missingPermissionOf(error: unknown): MissingPermission | undefined {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return undefined;
  if (error.cause.type !== 'NotAuthorized') return undefined;
  const [details] = (error.cause.details ?? []) as MissingPermission[];
  return details ?? { permission: 'validKeys', operation: 'unknown' };
}

export function adviceFor({ permission }: MissingPermission): string {
  return permission === 'validKeys'
    ? 'Datadog refuses the keys: put valid ones in place (keys from files are read again; a key from the plain environment needs a worker restart, which loses nothing), then see `npx muster doctor`'
    : `the application key lacks ${permission}: add the scope to the key and the permission to its owner's role in Datadog, then see \`npx muster doctor\``;
}

/** A newer joiner with a corrected date, or movers that are due: what an onboarding takes over while it waits. */
export function takeNews(run: PersonRun): boolean {
  const now = Date.now();
  const current = run.event;
  const joiner = run.waiting.find(
    (event) => event.kind === 'joiner' && current !== undefined && isNewer(event, current),
  );
  const movers = run.waiting.filter((event) => event.kind === 'mover' && dueAt(event, run.processTimes) <= now);
  if (joiner === undefined && movers.length === 0) return false;
  run.waiting = run.waiting.filter((event) => event !== joiner && !movers.includes(event));
  if (joiner !== undefined && current !== undefined) {
    run.drop([{ event: current, kind: 'superseded', why: `joiner ${joiner.eventId} replaces it` }]);
    run.event = joiner;
  }
  for (const mover of movers.toSorted((a, b) => (isNewer(a, b) ? 1 : -1))) {
    run.record = { ...run.record, ...foldEvent(run.record, mover) };
    run.ended.push({ event: mover, outcome: { kind: 'completed', detail: 'taken over by the onboarding', parts: [] } });
  }
  if (run.event !== undefined) run.attributes = foldEvent(run.record, run.event).attributes;
  return true;
}

/** When `takeNews` would find something; milliseconds, Infinity where nothing waits. */
export function newsAt(run: PersonRun): number {
  const current = run.event;
  if (run.waiting.some((event) => event.kind === 'joiner' && current !== undefined && isNewer(event, current)))
    return 0;
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...run.waiting.filter((event) => event.kind === 'mover').map((event) => dueAt(event, run.processTimes)),
  );
}

/**
 * A write that was in flight when its process was ended may have lost its attempt together with a worker, and is not
 * tried again: that is the end of the process, not a part that failed.
 */
export function refuseToGoOn(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the process was ended');
}

export function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

function briefly({ eventId, kind, occurredAt, effectiveAt, source }: HrEvent) {
  return { eventId, kind, occurredAt, effectiveAt, source };
}
