/** How many requests one caller may make: a bucket each that is refilled steadily. Kept in this process. */
export interface RateLimits {
  /** Answers 0, or after how many seconds to come back. */
  take(caller: string): number;
}

export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly now?: () => number;
}

const keptCallers = 10_000;

export function createRateLimits({ perSecond, burst, now = Date.now }: RateLimitOptions): RateLimits {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(caller) {
      const at = now();
      const last = buckets.get(caller);
      const filled = last === undefined ? burst : Math.min(burst, last.tokens + ((at - last.at) / 1_000) * perSecond);
      const isAllowed = filled >= 1;
      // Taken out and put in: the map's order is then that of the last use, so that the idle ones go first.
      buckets.delete(caller);
      buckets.set(caller, { tokens: isAllowed ? filled - 1 : filled, at });
      const [oldest] = buckets.keys();
      if (buckets.size > keptCallers && oldest !== undefined) buckets.delete(oldest);
      return isAllowed ? 0 : Math.max(1, Math.ceil((1 - filled) / perSecond));
    },
  };
}
