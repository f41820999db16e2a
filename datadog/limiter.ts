import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';
import { boundWait, DatadogFailure, readResetMs, readRetryAfterMs, unsaidWaitMs } from './failures.ts';
import type { Priority } from './types.ts';

/** What is requested. Requests whose paths differ by ids only are assumed to share a limit, until a response names it. */
interface Asked {
  readonly method: string;
  /** Such as `/api/v2/users`. */
  readonly path: string;
}

interface Turn extends Asked {
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** In milliseconds of `Date.now()`: what could not be served by then fails at once. */
  readonly deadlineAt: number;
}

export interface Limiter {
  /** Waits for a turn. Throws `RateLimited` where the limit resets after the deadline, the signal's reason on abort. */
  take(turn: Turn): Promise<void>;
  /** Learns from `X-RateLimit-…` of a response. */
  learn(asked: Asked, headers: Headers, isRefused: boolean): void;
  /** Fails everything that waits, and whatever comes after. */
  close(): void;
}

type Headers = Readonly<Record<string, string | undefined>>;

interface Waiter extends Turn {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** What Datadog said about one limit. `left` counts down with each request sent, before its response is there. */
interface Window {
  left: number;
  limit: number;
  resetAt: number;
  periodMs?: number;
  /** Requests of this process that have no response yet. */
  inFlight: number;
  /** It began by itself: no response has said yet what is left of it. */
  isAssumed?: boolean;
}

/**
 * A token bucket per limit that Datadog names. Of what is left each of `processes` that share the limit has no more under way than its part, so
 * that what the others have sent meanwhile is left too. Who waits goes in the order of the priorities, and leaves a part of each window to those before.
 */
export function createLimiter(processes: () => number = () => 1): Limiter {
  const windows = createWindows(processes);
  const waiting: Record<Priority, Waiter[]> = { leaver: [], process: [], sync: [] };
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  /** Releases every request that may go, by priority, and sets the alarm for the next chance. */
  function serve(): void {
    stopTimer(timer);
    timer = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const priority of priorities) {
      for (const waiter of waiting[priority].slice()) {
        const delay = windows.delay(waiter);
        if (delay === 0) {
          leave(waiter);
          windows.count(waiter);
          waiter.go();
        } else if (Date.now() + delay > waiter.deadlineAt) {
          leave(waiter);
          waiter.fail(refusal(delay));
        } else {
          next = Math.min(next, delay);
        }
      }
    }
    if (Number.isFinite(next)) timer = startTimer(serve, Math.min(next, longestTimerMs));
  }

  const leave = (waiter: Waiter): void => remove(waiting[waiter.priority], waiter);

  return {
    take(turn) {
      if (turn.signal.aborted) return Promise.reject(turn.signal.reason as Error);
      if (isClosed) return Promise.reject(closed());
      return new Promise((resolve, reject) => {
        const waiter = waiterOf(turn, resolve, reject, () => {
          leave(waiter);
          serve();
        });
        waiting[turn.priority].push(waiter);
        serve();
      });
    },

    learn(asked, headers, isRefused) {
      windows.learn(asked, headers, isRefused);
      serve();
    },

    close() {
      isClosed = true;
      stopTimer(timer);
      for (const waiter of priorities.flatMap((priority) => waiting[priority])) {
        leave(waiter);
        waiter.fail(closed());
      }
    },
  };
}

function remove(queue: Waiter[], waiter: Waiter): void {
  const index = queue.indexOf(waiter);
  if (index >= 0) queue.splice(index, 1);
}

/** Until it goes or fails, an abort takes it out of the queue. */
function waiterOf(turn: Turn, resolve: () => void, reject: (error: Error) => void, leave: () => void): Waiter {
  const { signal } = turn;
  const abandon = (): void => {
    leave();
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', abandon, { once: true });
  return {
    ...turn,
    go() {
      signal.removeEventListener('abort', abandon);
      resolve();
    },
    fail(error) {
      signal.removeEventListener('abort', abandon);
      reject(error);
    },
  };
}

/** The share of each window that is left to those who go before: what waits for nobody else is there at once. */
const keptShare: Readonly<Record<Priority, number>> = { leaver: 0, process: 0.05, sync: 0.1 };

const priorities = ['leaver', 'process', 'sync'] as const satisfies readonly Priority[];

/**
 * Whether one more under way is within one process's part: each of the others may have as many under way, and may have sent as many since the
 * response that said what is left. They may have used a window that nothing is known of.
 */
function isWithinPart({ left, inFlight, isAssumed }: Window, processes: number): boolean {
  if (processes <= 1) return true;
  return isAssumed === true ? inFlight === 0 : (inFlight + 1) * (2 * processes - 1) <= left + inFlight;
}

/** The windows' keys that a turn waits for. A leaver waits for no limit that is only assumed to be one. */
function awaitedBy({ method, path, priority }: Turn, names: ReadonlyMap<string, string>): readonly string[] {
  const template = templateOf({ method, path });
  const name = names.get(template);
  if (name !== undefined) return [name];
  const own = exactly({ method, path });
  return priority === 'leaver' ? [own] : [template, own];
}

/** The windows of the limits, by what Datadog has said of them. */
function createWindows(processes: () => number) {
  /** Of a limit, by the template of the requests for which Datadog named it. */
  const names = new Map<string, string>();
  const windows = new Map<string, Window>();

  function windowOf(key: string): Window | undefined {
    const window = windows.get(key);
    if (window === undefined || window.resetAt > Date.now()) return window;
    // Waiting requests must not go all at once: the next window is assumed to be like the last.
    if (window.periodMs === undefined || window.limit === 0) windows.delete(key);
    else
      windows.set(key, {
        ...window,
        left: window.limit,
        inFlight: 0,
        isAssumed: true,
        resetAt: Date.now() + window.periodMs,
      });
    return windows.get(key);
  }

  return {
    /** How long a turn has to wait, in milliseconds. */
    delay(turn: Turn): number {
      const delays = awaitedBy(turn, names).map((key) => {
        const window = windowOf(key);
        if (window === undefined) return 0;
        const kept = Math.floor(window.limit * keptShare[turn.priority]);
        if (window.left <= kept) return window.resetAt - Date.now();
        return isWithinPart(window, processes()) ? 0 : untilAnsweredMs;
      });
      return Math.max(...delays);
    },

    /** A request is sent. */
    count(asked: Asked): void {
      const template = templateOf(asked);
      const window = windowOf(names.get(template) ?? template);
      if (window === undefined) return;
      window.left -= 1;
      window.inFlight += 1;
    },

    learn(asked: Asked, headers: Headers, isRefused: boolean): void {
      const template = templateOf(asked);
      const name = headers['x-ratelimit-name'];
      if (name !== undefined && name !== '') names.set(template, name);
      const key = names.get(template) ?? template;
      const asking = windows.get(key);
      if (asking !== undefined) asking.inFlight = Math.max(0, asking.inFlight - 1);
      const limit = readCount(headers['x-ratelimit-limit']);
      const remaining = isRefused ? 0 : readCount(headers['x-ratelimit-remaining']);
      const resetMs = isRefused ? readRetryAfterMs(headers) : readResetMs(headers);
      if (remaining === undefined || resetMs === undefined) return;
      const isAssumed = isRefused && !names.has(template);
      if (isAssumed) {
        for (const [one, { resetAt }] of windows) if (isExact(one) && resetAt <= Date.now()) windows.delete(one);
        windows.set(exactly(asked), { left: 0, limit: 0, resetAt: Date.now() + resetMs, inFlight: 0 });
      }
      const known = windowOf(key);
      // What was refused to one may be given to another.
      const resetAt = Date.now() + (isAssumed ? Math.min(resetMs, unsaidWaitMs) : resetMs);
      const periodMs = readMs(headers['x-ratelimit-period']) ?? known?.periodMs;
      windows.set(key, merged(known, { left: remaining, limit, resetAt, periodMs }));
    },
  };
}

interface Told extends Pick<Window, 'left' | 'resetAt' | 'periodMs'> {
  readonly limit: number | undefined;
}

/** The smaller number of one window is the later one: responses arrive in any order. */
function merged(known: Window | undefined, { left, limit, resetAt, periodMs }: Told): Window {
  const more = { limit: limit ?? known?.limit ?? 0, periodMs, inFlight: known?.inFlight ?? 0 };
  const isSame = known !== undefined && Math.abs(known.resetAt - resetAt) <= roundingMs;
  if (!isSame) return { left, resetAt, ...more };
  return { left: Math.min(known.left, left), resetAt: Math.max(known.resetAt, resetAt), ...more };
}

/** Such as `GET users/{}/memberships`: after the version, names of collections and ids take turns. */
function templateOf({ method, path }: Asked): string {
  const [, , , ...parts] = path.split('/');
  return `${method} ${parts.map((part, index) => (index % 2 === 0 ? part : '{}')).join('/')}`;
}

const exactly = ({ method, path }: Asked): string => `=${method} ${path}`;
const isExact = (key: string): boolean => key.startsWith('=');

/** `X-RateLimit-Reset` is in whole seconds: two responses of one window may differ by this much. */
const roundingMs = 1_500;
const longestTimerMs = 60_000;
/** A response lets the next request go at once; this is for one that never comes. */
const untilAnsweredMs = 1_000;

function readCount(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const count = Number(value);
  return Number.isFinite(count) && count >= 0 ? count : undefined;
}

function readMs(seconds: string | undefined): number | undefined {
  const count = readCount(seconds);
  return count === undefined ? undefined : count * 1_000;
}

const closed = (): DatadogFailure =>
  new DatadogFailure('DatadogUnavailable', 'the Datadog client was closed', { isUnsent: true });

const refusal = (delayMs: number): DatadogFailure =>
  new DatadogFailure('RateLimited', `the rate limit resets in ${Math.ceil(delayMs / 1_000)} seconds`, {
    retryAfterMs: boundWait(delayMs),
  });
