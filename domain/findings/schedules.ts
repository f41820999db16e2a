import { hourMs, minuteMs } from '../durations.ts';
import { accessSyncScheduleId, lightSyncScheduleId } from '../ids.ts';
import { catalogEntry } from './catalog.ts';
import type { Found } from './found.ts';

export interface ScheduleState {
  readonly scheduleId: string;
  readonly state: 'missing' | 'paused' | 'on';
  /** What was said when it was paused. */
  readonly note?: string;
  /** When the run that is open began; ISO 8601. */
  readonly runningSince?: string;
  /** When a run last came to its end; ISO 8601. Undefined where none is known any more. */
  readonly finishedAt?: string;
}

interface Periods {
  readonly lightEveryMs: number;
  /** As the cron expression has been lately; 0 where that is not known. */
  readonly fullEveryMs: number;
}

/** A sync that does not start, or does not end: while one runs, the schedule starts no other. */
export const judgeSchedules = (states: readonly ScheduleState[], periods: Periods, nowMs: number): readonly Found[] =>
  states.flatMap((schedule) => {
    const evidence = problemOf(schedule, periods, nowMs);
    const { scheduleId } = schedule;
    const { severity } = catalogEntry('syncStopped');
    if (evidence === undefined) return [];
    return [{ kind: 'syncStopped', subject: scheduleId, scope: scheduleId, name: scheduleId, severity, evidence }];
  });

function problemOf(
  { scheduleId, state, note, runningSince, finishedAt }: ScheduleState,
  { lightEveryMs, fullEveryMs }: Periods,
  nowMs: number,
): Found['evidence'] | undefined {
  if (state !== 'on') return { schedule: state, note };
  const longest = {
    [lightSyncScheduleId]: Math.max(10 * lightEveryMs, 15 * minuteMs),
    [accessSyncScheduleId]: Math.max(2 * fullEveryMs, hourMs),
  }[scheduleId];
  if (longest === undefined) return undefined;
  const isOver = (since: string): boolean => nowMs - Date.parse(since) > longest;
  if (runningSince !== undefined && isOver(runningSince)) return { schedule: 'runs without end', runningSince };
  // Each run may end in time, and none of them well.
  return finishedAt !== undefined && isOver(finishedAt)
    ? { schedule: 'comes to no end', lastFinishedAt: finishedAt }
    : undefined;
}
