const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `250ms`, `5s`, `10m`, `2h`, `30d` as milliseconds.
 * @throws TypeError that names `field`.
 */
export function parseDurationMs(text: string, field: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const unitMs = unitsMs[unit ?? ''];
  if (amount === undefined || unitMs === undefined) {
    throw new TypeError(`${field}: "${text}" is not a duration; write a number and ms, s, m, h or d, such as 5s`);
  }
  return Number(amount) * unitMs;
}

/**
 * `100/10s` as 100 requests in 10,000 ms.
 * @throws TypeError that names the option.
 */
export function parseRateLimit(text: string): { limit: number; periodMs: number } {
  const [, limit, period] = /^(\d+)\/(.+)$/.exec(text.trim()) ?? [];
  if (limit === undefined || period === undefined || Number(limit) < 1) {
    throw new TypeError(`rate-limit: "${text}" is not a rate; write requests/period, such as 100/10s`);
  }
  const periodMs = parseDurationMs(period, 'rate-limit');
  if (periodMs <= 0) throw new TypeError(`rate-limit: the period of "${text}" must be longer than nothing`);
  return { limit: Number(limit), periodMs };
}
