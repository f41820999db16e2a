import { activityInfo, heartbeat } from '@temporalio/activity';
import pLimit from 'p-limit';
import { mergeOddRows, noOddRows, type OddRows } from '../../domain/sync/oddRows.ts';
import type { DatadogFailureType } from '../../datadog/failures.ts';
import type { AttemptOptions, Turn } from '../../datadog/types.ts';

/** How an activity of the sync goes through many requests: a few in flight, with heartbeats, and an end in good time. */

/** Yields to processes; one request that hangs must not use up the minutes of an activity. */
export const asSync = { priority: 'sync', requestDeadlineMs: 20_000 } as const satisfies AttemptOptions;

/** Failures of asking for one of many: the others are asked for all the same, and this one by the next pass. */
export const ofOneAlone = [
  'DatadogUnavailable',
  'UnexpectedResponse',
  'InvalidRequest',
  'ObjectRefused',
  'Conflict',
] as const satisfies readonly DatadogFailureType[];

export interface SyncChanges {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly requests: number;
  /** Rows that could not be read, or not wholly. */
  readonly odd: OddRows;
}

export const noChanges: SyncChanges = { added: 0, changed: 0, removed: 0, requests: 0, odd: noOddRows };

export function addChanges(to: SyncChanges, more: Partial<SyncChanges>): SyncChanges {
  return {
    added: to.added + (more.added ?? 0),
    changed: to.changed + (more.changed ?? 0),
    removed: to.removed + (more.removed ?? 0),
    requests: to.requests + (more.requests ?? 0),
    odd: mergeOddRows(to.odd, more.odd ?? noOddRows),
  };
}

const inFlight = 4;
const beatEveryMs = 5_000;

interface Pace extends AsyncDisposable {
  beat(): void;
  /** Half of the attempt's time is over: the rest is for the next activity. */
  isLate(): boolean;
}

/** Says that it is alive also while one request hangs. `details` are what a retry goes on from. */
export function beating(details: () => unknown): Pace {
  const { startToCloseTimeoutMs } = activityInfo();
  const lateAt = Date.now() + startToCloseTimeoutMs / 2;
  const beat = (): void => heartbeat(details());
  const timer = setInterval(beat, beatEveryMs);
  return {
    beat,
    isLate: () => Date.now() >= lateAt,
    [Symbol.asyncDispose]: async () => clearInterval(timer),
  };
}

/** In order, a bounded number in flight. Ends early when it is late; the first failure ends it once nothing is in flight. */
export async function atOnce<T>(
  items: readonly T[],
  pace: Pick<Pace, 'isLate'>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const limit = pLimit(inFlight);
  let isOver = false;
  const results = await Promise.allSettled(
    items.map((item) =>
      limit(async () => {
        if (isOver) return;
        try {
          await work(item);
          isOver ||= pace.isLate();
        } catch (error) {
          isOver = true;
          throw error;
        }
      }),
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Handed on in the order of asking. */
export function createTurn(): Turn {
  const waiting: (() => void)[] = [];
  let isTaken = false;
  return {
    take() {
      if (isTaken) return new Promise((resolve) => waiting.push(resolve));
      isTaken = true;
      return Promise.resolve();
    },
    give() {
      const next = waiting.shift();
      if (next === undefined) isTaken = false;
      else next();
    },
  };
}
