import {
  ActivityCancellationType,
  CancellationScope,
  inWorkflowContext,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { isLeaving, priorityOf, taskQueues } from '../domain/contracts.ts';

/**
 * How activities are called. `WAIT_CANCELLATION_COMPLETED` everywhere: a leaver must know how a write in flight ended
 * before it takes access away (with the SDK's real default a role came back after it was removed).
 */
const waitForTheEnd = {
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  priority: { priorityKey: priorityOf(workflowType()) },
} satisfies ActivityOptions;

/** A leaver's calls have workers of their own: those of others may all wait for Datadog's limit. */
const datadogQueue = isLeaving(workflowType()) ? taskQueues.leavers : taskQueues.datadog;

function workflowType(): string {
  return inWorkflowContext() ? workflowInfo().workflowType : '';
}

/** One Datadog call, or a read before a write. Retried for as long as it takes. */
export const datadog = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: datadogQueue,
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '2 minutes' },
});

/** Waits by failing: each retry asks once, and adds nothing to the history. */
export const acceptancePoll = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: datadogQueue,
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '15 minutes', backoffCoefficient: 2, maximumInterval: '6 hours' },
  summary: 'fallback: has the person accepted?',
});

/** Waits for somebody to put something right. */
const untilResolved = {
  ...waitForTheEnd,
  taskQueue: datadogQueue,
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 minute', backoffCoefficient: 2, maximumInterval: '15 minutes' },
} satisfies ActivityOptions;
export const permissionPoll = proxyActivities<Activities>({ ...untilResolved, summary: 'has the key been mended?' });
export const blockerPoll = proxyActivities<Activities>({ ...untilResolved, summary: 'has it been put right?' });

/** What keeps a leaver from the end of their access is asked as often as a person would look. */
export const everyMinute = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: datadogQueue,
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 minute', backoffCoefficient: 1 },
  summary: 'can access end by now?',
});

/** Best effort, never longer than a minute. */
export const bestEffort = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: datadogQueue,
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '60 seconds',
  retry: { initialInterval: '1 second' },
});

/**
 * A run of pages. The heartbeat carries the page, and the server learns of a dead worker within 30 seconds. Its end is not
 * bounded: what cannot be read gives up by itself, and a database or a worker that is down is waited for.
 */
export const scan = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: datadogQueue,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
});

/** Asks Temporal itself. What cannot be asked now is asked by the next run. */
export const watching = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: taskQueues.muster,
  // A run that stands while its worker is dead keeps the next ones away.
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

/** Findings and drift of the whole inventory: no Datadog call, but many pages. */
export const assessment = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: taskQueues.muster,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  scheduleToCloseTimeout: '30 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  summary: 'findings and drift',
});

/** A roster of thousands takes minutes; the heartbeat says that it goes on. */
export const imports = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: taskQueues.muster,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '10 seconds', maximumInterval: '5 minutes', maximumAttempts: 5 },
});

/** Asks HR itself, for as long as it takes; what waits in the mailbox goes on meanwhile. */
export const hr = proxyActivities<Pick<Activities, 'fetchBack'>>({
  ...waitForTheEnd,
  taskQueue: taskQueues.muster,
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
  summary: "HR's record of the person",
});

/**
 * Attempts are counted, since `scheduleToClose` does not end the wait between two of them (tried, with 1.24). An attempt is
 * shorter than the five seconds in which a connection to PostgreSQL fails: the first one that hangs is then the last.
 */
const localRecords = proxyLocalActivities<Activities>({
  cancellationType: waitForTheEnd.cancellationType,
  startToCloseTimeout: '4 seconds',
  scheduleToCloseTimeout: '4 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumAttempts: 4 },
});
const durableRecords = proxyActivities<Activities>({
  ...waitForTheEnd,
  taskQueue: taskQueues.muster,
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

const recordNames = [
  'readMailbox',
  'askForPrivileged',
  'requestForChange',
  'recordProgress',
  'openApprovals',
  'reopenApproval',
  'remindApprovers',
  'decide',
  'closeApproval',
  'admitRemoval',
  'readAccessBefore',
  'endEvents',
  'finishProcess',
  'notify',
  'startSync',
  'watchLeaves',
  'finishSync',
] as const satisfies readonly (keyof Activities)[];

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Local activities one after the other, and never cancelled. Two at once end in two activations when they run and in
 * one when they are replayed, which may turn commands round; one that is cancelled in the activation that brings its
 * result is an invalid transition to the SDK. Either stops the run forever (tried, with 1.24).
 */
function inTurn<T>(call: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(call);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

/**
 * What only records is a local activity: a quarter of the cost. A store that is down would cost a heartbeat of the
 * workflow task every few seconds, so after four it becomes a regular activity that waits as long as it takes.
 */
export const records = Object.fromEntries(recordNames.map((name) => [name, localThenDurable(name)])) as unknown as Pick<
  Activities,
  (typeof recordNames)[number]
>;

function localThenDurable(name: (typeof recordNames)[number]) {
  const first = localRecords[name] as (...args: unknown[]) => Promise<unknown>;
  const then = durableRecords[name] as (...args: unknown[]) => Promise<unknown>;
  return async (...args: unknown[]): Promise<unknown> => {
    try {
      return await CancellationScope.nonCancellable(() => inTurn(() => first(...args)));
    } catch (error) {
      // A local activity's own failure comes bare, in no `ActivityFailure` (tried, with 1.24).
      if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
      return then(...args);
    }
  };
}
