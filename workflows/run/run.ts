import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  makeContinueAsNewFunc,
  workflowInfo,
} from '@temporalio/workflow';
import type { PersonRunInput } from '../../domain/contracts.ts';
import { personIdOf } from '../../domain/ids.ts';
import { isEndedBy, isHire, processOf, supersedes } from '../../domain/mailbox.ts';
import type { Employment, MailboxEvent, Outcome, Phase, ProcessType } from '../../domain/model.ts';
import { records } from '../proxies.ts';
import { wasCancelled } from './cancellation.ts';
import { wordsOf } from './failures.ts';
import { followRecord } from './followRecord.ts';
import { listen } from './handlers.ts';
import { openRun, type PersonRun, type Procedure, type Uses } from './personRun.ts';
import { isoOf, type Ending } from './process.ts';
import { alongside, waitFor } from './waits.ts';

/**
 * One run: takes the next event that is due, carries out its procedure, and leaves what waits to the next run of the chain. Whose
 * run it is, its id says: under another one there is nothing to do.
 */
export async function runPerson(type: ProcessType, input: unknown, procedure: Procedure): Promise<void> {
  const personId = personIdOf(workflowInfo().workflowId);
  if (personId === undefined) return;
  const run = openRun(type, personId, input);
  listen(run);
  // Cancelling in the Temporal UI ends the process, not the mailbox: only the procedure is cancelled.
  CancellationScope.current().cancelRequested.catch(() => run.process.cancel());

  await CancellationScope.nonCancellable(async () => {
    void followRecord(run);
    void run.length.watch();
    if (await takeNext(run)) await end(run, run.process.isCancelled ? undefined : await perform(run, procedure));
    await comeToRest(run);
    if (run.mailbox.contents.length > 0) await continueWithNext(run);
    await run.process.enter('done');
  });
}

/** Waits until an event is due, and takes it. An event of another type goes to a run of that type before anything is done. */
async function takeNext(run: PersonRun): Promise<boolean> {
  const { process, mailbox, length } = run;
  for (;;) {
    await waitFor(() => mailbox.isSettled);
    const choice = mailbox.choose();
    if (choice.state === 'empty') {
      if (mailbox.fetching.length === 0) return false;
      if (process.isCancelled) mailbox.endAllFetches(cancelled);
      await waitFor(() => mailbox.fetching.length === 0 || !mailbox.isSettled || process.isCancelled);
      continue;
    }
    const isElsewhere = processOf(choice.event, mailbox.person.employment) !== process.type;
    if (isElsewhere || length.isReached) await continueWithNext(run);
    if (choice.state === 'due' || process.isCancelled) {
      mailbox.take(choice.event, choice.state === 'due' ? choice.dropped : []);
      return true;
    }
    mailbox.schedule(choice.event);
    const what = `${choice.event.kind} to take effect`;
    const hasNews = mailbox.watch();
    await process.enter('scheduled', what, choice.at);
    await waitFor(() => hasNews() || !mailbox.isSettled || process.isCancelled || length.isReached, {
      at: choice.at,
      summary: what,
    });
  }
}

/** Phases in which a process can be left and taken up again by the next run: it finds in the record how far it was. */
const waitingPhases: readonly Phase[] = ['scheduled', 'waitingForAcceptance', 'waitingForApproval', 'blocked', 'held'];

/** Carries out the procedure, and cancels it when a leaver becomes due or a newer fact replaces the event. */
async function perform(run: PersonRun, procedure: Procedure): Promise<Ending | undefined> {
  try {
    return await alongside(
      (endProcedure) => watchForPreemption(run, endProcedure),
      () => procedure(run),
    );
  } catch (error) {
    if (wasCancelled(error)) return undefined;
    if (!(error instanceof ActivityFailure)) throw error;
    const outcome: Outcome = { kind: 'failed', detail: wordsOf(error), parts: run.process.parts };
    return { outcome, employment: employmentAfterFailure(run) };
  }
}

async function watchForPreemption(run: PersonRun, endProcedure: () => void): Promise<void> {
  const { process, mailbox } = run;
  for (;;) {
    const leavers = process.type === 'offboarding' ? [] : mailbox.waiting.filter(({ kind }) => kind === 'leaver');
    const due = leavers.find((event) => mailbox.dueAt(event) <= Date.now());
    const newer = due ?? mailbox.waiting.find((event) => isReplacing(event, mailbox, process));
    if (newer !== undefined) process.preempt(newer);
    if (newer === undefined && isToBeContinued(run)) process.leaveToNextRun();
    if (newer !== undefined || process.isCancelled || process.isLeft) return endProcedure();
    const hasNews = mailbox.watch();
    const { isReplaceable } = process;
    const hasChanged = () => process.isReplaceable !== isReplaceable || isToBeContinued(run);
    await waitFor(() => hasNews() || process.isCancelled || hasChanged(), {
      at: Math.min(...[...leavers, ...moversToCome(mailbox)].map((event) => mailbox.dueAt(event))),
      summary: 'until what waits takes effect',
    });
  }
}

const moversToCome = (mailbox: Uses<'mailbox'>['mailbox']): readonly MailboxEvent[] =>
  mailbox.waiting.filter((event) => event.kind === 'mover' && mailbox.dueAt(event) > Date.now());

const isToBeContinued = ({ process, length }: Uses<'process' | 'length'>): boolean =>
  length.isReached && waitingPhases.includes(process.stage.phase);

/** Whether a newer event takes the place of the one whose process runs. */
function isReplacing(
  event: MailboxEvent,
  mailbox: Uses<'mailbox'>['mailbox'],
  { type, isReplaceable }: { readonly type: ProcessType; readonly isReplaceable: boolean },
): boolean {
  const current = mailbox.event;
  // The newer process goes on with all that is said by now.
  if (event.kind === 'mover' && current.kind === 'mover') return isReplaceable && mailbox.dueAt(event) <= Date.now();
  // A hire takes over another one in place.
  if (isHire(event) && isHire(current)) return false;
  // A removal that has begun is finished; before that a withdrawn leave or another date counts.
  const mayReplace = isReplaceable || (type !== 'offboarding' && event.kind !== current.kind);
  return mayReplace && supersedes(event, current);
}

/** Writes down how the process ended, and puts back what a leaver only postpones. Without an ending it was cancelled. */
async function end(run: PersonRun, given: Ending | undefined): Promise<void> {
  const { process, mailbox, approvals } = run;
  const { event } = mailbox;
  if (given === undefined && process.isLeft && !process.isCancelled) return mailbox.putBack();
  const leaver = process.preemptedBy;
  const { outcome, employment } = given ?? { outcome: cancelledBy(process), employment: employmentAfterCancel(run) };
  const isPostponed =
    given === undefined && leaver !== undefined && event.kind !== 'reconcile' && !isEndedBy(event, leaver);
  if (isPostponed) mailbox.putBack(employment);
  else mailbox.apply(outcome, employment);
  await approvals.withdrawAll();
  process.conclude(outcome);
  await recordEnded(run, isPostponed ? undefined : { eventId: event.eventId, employment });
}

/** In one transaction. */
async function recordEnded(
  { process, mailbox }: Uses<'process' | 'mailbox'>,
  carriedOut?: { readonly eventId: string; readonly employment: Employment },
): Promise<void> {
  const events = mailbox.takeEnded().map(({ event: { eventId }, outcome }) => ({ eventId, outcome }));
  const { personId, type } = process;
  await records.finishProcess({ personId, process: type, carriedOut, events, at: isoOf(Date.now()) });
}

/** Until nothing is read or handled any more, and what ended without a process of its own is on record. */
async function comeToRest(run: PersonRun): Promise<void> {
  const { mailbox } = run;
  do {
    if (mailbox.ended.length > 0) await recordEnded(run);
    await waitFor(() => allHandlersFinished() && mailbox.isSettled);
  } while (mailbox.ended.length > 0);
}

/** Leaves the mailbox to the next run, as the type of the event that is next. */
async function continueWithNext(run: PersonRun): Promise<never> {
  const { process, mailbox } = run;
  await comeToRest(run);
  const choice = mailbox.choose();
  const type = choice.state === 'empty' ? process.type : processOf(choice.event, mailbox.person.employment);
  const { refused } = process;
  return makeContinueAsNewFunc<(next: PersonRunInput) => Promise<void>>({ workflowType: type })({
    carried: { refused },
  });
}

const cancelled: Outcome = { kind: 'cancelled', detail: 'the process was cancelled by an operator', parts: [] };

const cancelledBy = ({ preemptedBy, parts }: Uses<'process'>['process']): Outcome =>
  preemptedBy === undefined
    ? cancelled
    : { kind: 'superseded', detail: `${preemptedBy.kind} ${preemptedBy.eventId} ended it`, parts };

/** Access may be half assigned: the next `person retry` goes on from there. */
function employmentAfterFailure({ process, mailbox }: Uses<'process' | 'mailbox'>): Employment {
  if (process.type === 'offboarding') return 'left';
  const { employment } = mailbox.person;
  return process.type === 'onboarding' && employment !== 'employed' ? 'joining' : employment;
}

/** A leaver whose process was cancelled has not left. */
function employmentAfterCancel(run: Uses<'process' | 'mailbox'>): Employment {
  return run.process.type === 'offboarding' ? run.mailbox.person.employment : employmentAfterFailure(run);
}
