import { ActivityFailure, allHandlersFinished, CancellationScope, makeContinueAsNewFunc } from '@temporalio/workflow';
import { wasCancelled } from './cancellation.ts';
import type { PersonRunInput } from '../../domain/contracts.ts';
import {
  chooseEvent,
  dueAt,
  foldEvent,
  isEndedBy,
  isHire,
  isNewer,
  processOf,
  settle,
  supersedes,
} from '../../domain/mailbox.ts';
import type { Employment, HrEvent, ProcessType } from '../../domain/model.ts';
import { withdrawCancelled } from './withdrawals.ts';
import { listen } from './handlers.ts';
import { cancelled, isoOf, PersonRun, wordsOf } from './personRun.ts';
import { endFetching, fetchTheRest } from './fetching.ts';
import { observe } from './observe.ts';
import { records } from '../proxies.ts';
import { alongside, waitFor } from './waits.ts';
import type { Ending, Story } from './story.ts';

/** One run: takes the next event that is due, lets its story happen, and hands what waits to the next run of the chain. */
export async function runPerson(type: ProcessType, input: PersonRunInput, story: Story): Promise<void> {
  const run = new PersonRun(type, input);
  listen(run);
  // Cancelling in the Temporal UI ends the process, not the mailbox: only the procedure is cancelled.
  CancellationScope.current().cancelRequested.catch(() => (run.isCancelled = true));

  await CancellationScope.nonCancellable(async () => {
    void admitArrivals(run);
    const event = await nextEvent(run);
    if (event !== undefined) {
      const ending = run.isCancelled ? undefined : await perform(run, story, event);
      await finish(run, run.event ?? event, ending ?? { outcome: cancelled, employment: employmentAfterCancel(run) });
    } else if (run.ended.length > 0) {
      await finish(run);
    }
    await comeToRest(run);
    if (run.waiting.length > 0 || run.fetching.length > 0) await continueWithNext(run);
    await run.enter('done');
  });
}

/** Looks up what arrives, so that a repeated event never counts twice, however long ago it was applied. */
async function admitArrivals(run: PersonRun): Promise<void> {
  for (;;) {
    await waitFor(() => run.incoming.length > 0);
    run.isAdmitting = true;
    const arrived = run.incoming;
    run.incoming = [];
    const admission = await records.admitEvents(run.personId, arrived);
    const { applied } = admission;
    if (run.times === undefined) run.record = admission.record;
    run.times = admission.times;
    run.acceptClaimed = admission.acceptClaimed;
    run.activation = admission.activation;
    run.mode = admission.mode;
    const known = [
      ...applied,
      ...run.ended.map(({ event }) => event.eventId),
      ...(run.event ? [run.event.eventId] : []),
    ];
    const whole = fetchTheRest(run, arrived, known);
    const { waiting, dropped } = settle([...run.waiting, ...whole], run.record, known);
    run.waiting = [...waiting];
    run.drop(dropped);
    while (run.incoming.length === 0 && run.cancellations.length > 0) await withdrawCancelled(run);
    run.isAdmitting = false;
    run.show();
  }
}

/** Waits until an event is due. An event of another type goes to a run of that type before anything is done. */
async function nextEvent(run: PersonRun): Promise<HrEvent | undefined> {
  // Without an event (started by hand) there is nothing to do; no timer where one has come with the start.
  if (run.incoming.length === 0 && !run.isAdmitting) {
    await waitFor(() => run.incoming.length > 0, { at: Date.now() + 60_000, summary: 'a first event' });
  }
  for (;;) {
    await waitFor(() => run.incoming.length === 0 && !run.isAdmitting);
    if (run.times === undefined) return undefined;
    const choice = chooseEvent(run.waiting, run.times, Date.now());
    if (choice.state === 'empty') {
      if (run.fetching.length === 0) return undefined;
      if (run.isCancelled) return endFetching(run);
      await waitFor(() => run.fetching.length === 0 || run.incoming.length > 0 || run.isCancelled);
      continue;
    }
    if (processOf(choice.event, run.record.employment) !== run.type) await continueWithNext(run);
    if (choice.state === 'due' || run.isCancelled) {
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
    await waitFor(() => run.waiting !== seen || run.incoming.length > 0 || run.isCancelled, {
      at: choice.at,
      summary: `${choice.event.kind} to take effect`,
    });
  }
}

/** Lets the story happen, and cancels it when a leaver becomes due or a newer fact replaces the event. */
async function perform(run: PersonRun, story: Story, event: HrEvent): Promise<Ending | undefined> {
  run.event = event;
  run.attributes = foldEvent(run.record, event).attributes;
  try {
    return await alongside(
      (endStory) => watchForPreemption(run, endStory),
      () => (run.mode === 'observe' ? observe(run, event) : story(run, event)),
    );
  } catch (error) {
    if (wasCancelled(error)) return undefined;
    if (!(error instanceof ActivityFailure)) throw error;
    return {
      outcome: { kind: 'failed', detail: wordsOf(error), parts: run.parts },
      employment: employmentAfterFailure(run),
    };
  }
}

async function watchForPreemption(run: PersonRun, endStory: () => void): Promise<void> {
  for (;;) {
    const now = Date.now();
    const leavers = run.type === 'offboarding' ? [] : run.waiting.filter((event) => event.kind === 'leaver');
    const due = leavers.find((event) => dueAt(event, run.processTimes) <= now) ?? run.waiting.find(isReplacing(run));
    if (due !== undefined) {
      run.preemptedBy = due;
      run.note(`${due.kind} ${due.eventId} ends this process`);
    }
    if (due !== undefined || run.isCancelled) return endStory();
    const [seen, current, wasReplaceable] = [run.waiting, run.event, run.isReplaceable];
    const hasChanged = () =>
      run.isCancelled || run.waiting !== seen || run.event !== current || run.isReplaceable !== wasReplaceable;
    const at = Math.min(...leavers.map((event) => dueAt(event, run.processTimes)));
    await waitFor(hasChanged, { at, summary: 'until the newer event is due' });
  }
}

/** Whether a newer event takes the place of the one whose process runs. */
const isReplacing =
  ({ type, event: current, isReplaceable }: PersonRun) =>
  (event: HrEvent): boolean =>
    current !== undefined &&
    (event.kind !== current.kind || isReplaceable) &&
    // A hire takes over another one in place.
    !(isHire(event) && isHire(current)) &&
    // Access that is being taken away is taken away; before that a withdrawn leave or another date counts.
    (type !== 'offboarding' || isReplaceable) &&
    supersedes(event, current);

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
          employment: employmentAfterCancel(run),
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
    await waitFor(() => allHandlersFinished() && !run.isAdmitting && run.incoming.length === 0);
  } while (run.ended.length > 0);
}

/** OperatorContext the mailbox to the next run, as the type of the event that is next. */
async function continueWithNext(run: PersonRun): Promise<never> {
  await comeToRest(run);
  const events = [...run.waiting, ...run.fetching];
  const choice = chooseEvent(run.waiting, run.processTimes, Date.now());
  const type = choice.state === 'empty' ? run.type : processOf(choice.event, run.record.employment);
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

/** A newer joiner with a corrected date, or movers that are due: what an onboarding takes over while it waits. */
export function takeNews(run: PersonRun): boolean {
  const now = Date.now();
  const current = run.event;
  const joiner = run.waiting.find((event) => isHire(event) && current !== undefined && isNewer(event, current));
  const movers = run.waiting.filter((event) => event.kind === 'mover' && dueAt(event, run.processTimes) <= now);
  if (joiner === undefined && movers.length === 0) return false;
  run.waiting = run.waiting.filter((event) => event !== joiner && !movers.includes(event));
  if (joiner !== undefined && current !== undefined) {
    run.drop([{ event: current, kind: 'superseded', why: `${joiner.kind} ${joiner.eventId} replaces it` }]);
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
  if (run.waiting.some((event) => isHire(event) && current !== undefined && isNewer(event, current))) return 0;
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...run.waiting.filter((event) => event.kind === 'mover').map((event) => dueAt(event, run.processTimes)),
  );
}
