import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers';
import { boundWait, DatadogFailure, readRetryAfterMs } from './failures.ts';

type Priority = 'process' | 'sync';

interface Turn {
  /** Requests of one kind, such as `GET users`: they are assumed to share a limit until a response names it. */
  readonly kind: string;
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** In milliseconds of `Date.now()`: what could not be served by then fails at once. */
  readonly deadlineAt: number;
}

export interface Limiter {
  /** Waits for a turn. Throws `RateLimited` where the limit resets after the deadline, the signal's reason on abort. */
  take(turn: Turn): Promise<void>;
  /** Learns from `X-RateLimit-…` of a response. */
  learn(kind: string, headers: Readonly<Record<string, string | undefined>>, isRefused: boolean): void;
  /** Fails everything that waits, and whatever comes after. */
  close(): void;
}

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
}

/**
 * A token bucket per limit that Datadog names. Waiting processes go before waiting syncs, and syncs leave a
 * tenth of each window to processes.
 */
export function createLimiter(): Limiter {
  const windows = createWindows();
  const waiting: Record<Priority, Waiter[]> = { process: [], sync: [] };
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  /** Releases every request that may go, processes first, and sets the alarm for the next chance. */
  function serve(): void {
    stopTimer(timer);
    timer = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const priority of ['process', 'sync'] as const) {
      for (const waiter of waiting[priority].slice()) {
        const delay = windows.delay(waiter);
        if (delay === 0) {
          leave(waiter);
          windows.count(waiter.kind);
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

    learn(kind, headers, isRefused) {
      windows.learn(kind, headers, isRefused);
      serve();
    },

    close() {
      isClosed = true;
      stopTimer(timer);
      for (const waiter of [...waiting.process, ...waiting.sync]) {
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

/** The windows of the limits, by what Datadog has said of them. */
function createWindows() {
  const names = new Map<string, string>();
  const windows = new Map<string, Window>();

  function windowOf(kind: string): Window | undefined {
    const name = names.get(kind) ?? kind;
    const window = windows.get(name);
    if (window === undefined || window.resetAt > Date.now()) return window;
    // Waiting requests must not go all at once: the next window is assumed to be like the last.
    if (window.periodMs === undefined || window.limit === 0) windows.delete(name);
    else windows.set(name, { ...window, left: window.limit, resetAt: Date.now() + window.periodMs });
    return windows.get(name);
  }

  return {
    /** How long a turn has to wait, in milliseconds. */
    delay({ kind, priority }: Turn): number {
      const window = windowOf(kind);
      if (window === undefined) return 0;
      const kept = priority === 'sync' ? Math.floor(window.limit / 10) : 0;
      return window.left > kept ? 0 : window.resetAt - Date.now();
    },

    /** A request is sent. */
    count(kind: string): void {
      const window = windowOf(kind);
      if (window !== undefined) window.left -= 1;
    },

    learn(kind: string, headers: Readonly<Record<string, string | undefined>>, isRefused: boolean): void {
      const name = headers['x-ratelimit-name'];
      if (name !== undefined && name !== '') names.set(kind, name);
      const limit = readCount(headers['x-ratelimit-limit']);
      const remaining = isRefused ? 0 : readCount(headers['x-ratelimit-remaining']);
      const resetMs = isRefused ? readRetryAfterMs(headers) : readMs(headers['x-ratelimit-reset']);
      if (remaining === undefined || resetMs === undefined) return;
      const known = windowOf(kind);
      const resetAt = Date.now() + resetMs;
      const periodMs = readMs(headers['x-ratelimit-period']) ?? known?.periodMs;
      // The smaller number of one window is the later one: responses arrive in any order.
      const isSame = known !== undefined && Math.abs(known.resetAt - resetAt) <= roundingMs;
      windows.set(names.get(kind) ?? kind, {
        left: isSame ? Math.min(known.left, remaining) : remaining,
        limit: limit ?? known?.limit ?? 0,
        resetAt: isSame ? Math.max(known.resetAt, resetAt) : resetAt,
        periodMs,
      });
    },
  };
}

/** `X-RateLimit-Reset` is in whole seconds: two responses of one window may differ by this much. */
const roundingMs = 1_500;
const longestTimerMs = 60_000;

function readCount(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const count = Number(value);
  return Number.isFinite(count) && count >= 0 ? count : undefined;
}

function readMs(seconds: string | undefined): number | undefined {
  const count = readCount(seconds);
  return count === undefined ? undefined : count * 1_000;
}

const closed = (): DatadogFailure => new DatadogFailure('DatadogUnavailable', 'the Datadog client was closed');

const refusal = (delayMs: number): DatadogFailure =>
  new DatadogFailure('RateLimited', `the rate limit resets in ${Math.ceil(delayMs / 1_000)} seconds`, {
    retryAfterMs: boundWait(delayMs),
  });
