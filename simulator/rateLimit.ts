export interface RateLimit {
  /** Requests a period. */
  readonly limit: number;
  readonly periodMs: number;
}

export interface RateLimiter {
  /** Counts a request; `allowed` is false above the limit. Headers are sent either way. */
  count(): { readonly allowed: boolean; readonly headers: Readonly<Record<string, string>> };
}

/** Periods are aligned to the wall clock, as the real ones; clients sleep for real. */
export function createRateLimiter(limit: RateLimit): RateLimiter {
  const periodSeconds = Math.max(1, Math.round(limit.periodMs / 1000));
  let window = -1;
  let used = 0;
  return {
    count() {
      const nowMs = Date.now();
      const current = Math.floor(nowMs / limit.periodMs);
      if (current !== window) {
        window = current;
        used = 0;
      }
      used += 1;
      const resetSeconds = Math.max(1, Math.ceil(((current + 1) * limit.periodMs - nowMs) / 1000));
      return {
        allowed: used <= limit.limit,
        headers: rateLimitHeaders({
          limit: limit.limit,
          periodSeconds,
          remaining: Math.max(0, limit.limit - used),
          resetSeconds,
        }),
      };
    },
  };
}

export function rateLimitHeaders(numbers: {
  limit: number;
  periodSeconds: number;
  remaining: number;
  resetSeconds: number;
}): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(numbers.limit),
    'X-RateLimit-Period': String(numbers.periodSeconds),
    'X-RateLimit-Remaining': String(numbers.remaining),
    'X-RateLimit-Reset': String(numbers.resetSeconds),
    'X-RateLimit-Name': 'user_management',
  };
}

export function rateLimitText(limit: number, periodSeconds: number): string {
  return `Rate limit of ${limit} requests in ${periodSeconds} seconds reached. Please try again later.`;
}
