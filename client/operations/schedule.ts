import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleHandle,
  type ScheduleOptions,
} from '@temporalio/client';
import {
  accessSyncScheduleId,
  accessSyncType,
  lightSyncScheduleId,
  rosterImportType,
  rosterScheduleId,
  syncProgressQuery,
  taskQueues,
  type AccessSyncInput,
  type SyncProgress,
  type SyncSummary,
} from '../../domain/contracts.ts';
import { hourMs } from '../../domain/durations.ts';
import type { Policy } from '../../domain/policy/rules.ts';

interface ScheduledPolicy {
  readonly sync: Pick<Policy['sync'], 'cron' | 'timeZone' | 'lightEveryMs'>;
  /** Required: a caller that left it out would remove the schedule. */
  readonly roster: Pick<Policy['roster'], 'folder' | 'cron'>;
}

type Action = Pick<ScheduleOptions, 'spec'> & {
  readonly workflowType: string;
  readonly args: readonly [AccessSyncInput] | readonly [];
  readonly staticSummary: string;
  /** Over all runs that continue each other. */
  readonly workflowExecutionTimeout?: number;
};

/**
 * A sync that stands keeps the next ones away, so it is ended: long after it has become a finding, and far above what the largest organization
 * takes. The next one begins by the schedule.
 */
const timeouts = {
  full: 12 * hourMs,
  light: (everyMs: number): number => Math.max(20 * everyMs, hourMs),
} as const;

/** Creates or updates the schedules of the sync and, where a folder is watched, of rosters. Paused ones stay paused. */
export async function applySchedules(client: Client, { sync, roster }: ScheduledPolicy): Promise<void> {
  const { cron, timeZone: timezone, lightEveryMs } = sync;
  await applySchedule(client, accessSyncScheduleId, {
    spec: { cronExpressions: [cron], timezone, jitter: '10 seconds' },
    workflowType: accessSyncType,
    args: [{ depth: 'full' }],
    staticSummary: 'all accounts, teams, keys and tokens',
    workflowExecutionTimeout: timeouts.full,
  });
  await applySchedule(client, lightSyncScheduleId, {
    spec: { intervals: [{ every: lightEveryMs }] },
    workflowType: accessSyncType,
    args: [{ depth: 'light' }],
    staticSummary: 'who has accepted?',
    workflowExecutionTimeout: timeouts.light(lightEveryMs),
  });
  if (roster.folder === undefined) return removeSchedule(client, rosterScheduleId);
  await applySchedule(client, rosterScheduleId, {
    spec: { cronExpressions: [roster.cron], timezone },
    workflowType: rosterImportType,
    args: [],
    staticSummary: 'rosters of the watched folder',
    workflowExecutionTimeout: hourMs,
  });
}

async function applySchedule(client: Client, scheduleId: string, { spec, ...action }: Action): Promise<void> {
  const wanted = {
    spec,
    action: {
      type: 'startWorkflow',
      workflowId: scheduleId,
      taskQueue: taskQueues.muster,
      ...action,
      args: [...action.args],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
  try {
    await client.schedule
      .getHandle(scheduleId)
      .update(({ state: { paused, note } }) => ({ ...wanted, state: { paused, note } }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create({ ...wanted, scheduleId });
  }
}

async function removeSchedule(client: Client, scheduleId: string): Promise<void> {
  try {
    await client.schedule.getHandle(scheduleId).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

interface SyncSchedule {
  readonly isPaused: boolean;
  readonly note?: string;
  /** ISO 8601. */
  readonly nextAt?: string;
}

/** Undefined where `schedule apply` was never called. */
export async function describeSync(client: Client): Promise<SyncSchedule | undefined> {
  try {
    const { state, info } = await client.schedule.getHandle(accessSyncScheduleId).describe();
    const [next] = info.nextActionTimes;
    return {
      isPaused: state.paused,
      note: state.note || undefined,
      nextAt: next?.toISOString(),
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Pauses both depths: then only the fallback in each person's process notices an acceptance. */
export async function pauseSync(client: Client, note: string): Promise<void> {
  for (const id of [accessSyncScheduleId, lightSyncScheduleId]) await client.schedule.getHandle(id).pause(note);
}

export async function resumeSync(client: Client, note: string): Promise<void> {
  for (const id of [accessSyncScheduleId, lightSyncScheduleId]) await client.schedule.getHandle(id).unpause(note);
}

/** Runs the full sync now and waits for its end; if one runs already, waits for that one. */
export async function syncNow(
  client: Client,
  onProgress: (progress: SyncProgress) => void = () => undefined,
): Promise<SyncSummary> {
  const handle = client.schedule.getHandle(accessSyncScheduleId);
  const { workflowId, firstExecutionRunId } = await startedRun(client, handle);
  const result = client.workflow.getHandle(workflowId, firstExecutionRunId).result() as Promise<SyncSummary>;
  let isOver = false;
  const over = result.finally(() => (isOver = true)).catch(() => undefined);
  // The newest run of the chain is queried; while it is being replaced the query may fail.
  const running = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId });
  for (;;) {
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, progressEveryMs).unref())]);
    if (isOver) return result;
    const progress = await running.query(syncProgressQuery).catch(() => undefined);
    if (progress !== undefined) onProgress(progress);
  }
}

const progressEveryMs = 1_000;

/** Looks for accepted invitations now. */
export async function lightSyncNow(client: Client): Promise<void> {
  await client.schedule.getHandle(lightSyncScheduleId).trigger(ScheduleOverlapPolicy.SKIP);
}

const startWithinMs = 30_000;
const triggerEveryMs = 2_000;

/**
 * A schedule learns of the end of its last run with a delay, above all after a restart of the server, and skips without a
 * word what is triggered until then. So it is triggered again; where one runs, that is skipped.
 */
async function startedRun(client: Client, handle: ScheduleHandle) {
  const before = (await handle.describe()).info.numActionsTaken;
  let triggeredAt = Number.NEGATIVE_INFINITY;
  for (const until = Date.now() + startWithinMs; Date.now() < until;) {
    if (Date.now() - triggeredAt >= triggerEveryMs) {
      await handle.trigger(ScheduleOverlapPolicy.SKIP);
      triggeredAt = Date.now();
    }
    const { info } = await handle.describe();
    const started = info.numActionsTaken > before ? info.recentActions.at(-1)?.action : undefined;
    if (started?.type === 'startWorkflow') return started.workflow;
    const running = info.runningActions.at(-1);
    if (running?.type === 'startWorkflow' && (await isRunning(client, running.workflow.workflowId))) {
      return running.workflow;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`The schedule did not start a sync within ${startWithinMs / 1_000} seconds`);
}

const isRunning = async (client: Client, workflowId: string): Promise<boolean> =>
  (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
