import { isObject } from '../body.ts';
import type { Reply } from '../errors.ts';
import { rateLimitText } from '../rateLimit.ts';

const resets = ['seconds', 'epoch', 'none'] as const;
const bodies = ['json', 'html'] as const;

export interface BucketInput {
  /** Such as `GET /api/v2/users/{user_id}`: the requests that share it. */
  readonly requests: readonly string[];
  /** `X-RateLimit-Name`; without one it has none. */
  readonly name?: string;
  /** Requests a period. */
  readonly limit: number;
  readonly periodMs: number;
  /** `X-RateLimit-Reset` as seconds until then (default) or as Unix time; `none`: no header about the limit at all. */
  readonly reset?: (typeof resets)[number];
  /** What a 429 is written in; default JSON. */
  readonly body?: (typeof bodies)[number];
}

export interface Bucket extends Required<Omit<BucketInput, 'name'>> {
  readonly name: string | null;
  /** How often it has refused. */
  refused: number;
}

export interface Buckets {
  /** @throws TypeError that names the wrong field. */
  add(input: BucketInput): Bucket;
  /** The same for what came over the wire. */
  addFrom(json: unknown): Bucket;
  list(): readonly Bucket[];
  clear(): void;
  /** Counts a request of a route; undefined where it has no bucket. */
  count(route: string): { readonly headers: Readonly<Record<string, string>>; readonly refusal?: Reply } | undefined;
}

/** Limits by endpoint, each with a window of its own that is aligned to the wall clock. `known` are the routes there are. */
export function createBuckets(known: ReadonlySet<string>): Buckets {
  const buckets: { readonly bucket: Bucket; window: number; used: number }[] = [];
  const add = (input: unknown): Bucket => {
    const bucket = parseBucket(input, known);
    buckets.push({ bucket, window: -1, used: 0 });
    return bucket;
  };
  return {
    add,
    addFrom: add,
    list: () => buckets.map(({ bucket }) => bucket),
    clear() {
      buckets.length = 0;
    },
    count(route) {
      const entry = buckets.find(({ bucket }) => bucket.requests.includes(route));
      if (entry === undefined) return undefined;
      const { bucket } = entry;
      const nowMs = Date.now();
      const window = Math.floor(nowMs / bucket.periodMs);
      if (window !== entry.window) Object.assign(entry, { window, used: 0 });
      entry.used += 1;
      const headers = headersOf(bucket, Math.max(0, bucket.limit - entry.used), (window + 1) * bucket.periodMs - nowMs);
      if (entry.used <= bucket.limit) return { headers };
      bucket.refused += 1;
      return { headers, refusal: refusalOf(bucket) };
    },
  };
}

function headersOf(
  { name, limit, periodMs, reset }: Bucket,
  remaining: number,
  untilMs: number,
): Record<string, string> {
  if (reset === 'none') return {};
  const at = reset === 'epoch' ? (Date.now() + untilMs) / 1000 : untilMs / 1000;
  return {
    ...(name === null ? {} : { 'X-RateLimit-Name': name }),
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Period': String(Math.max(1, Math.round(periodMs / 1000))),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(Math.max(1, Math.ceil(at))),
  };
}

function refusalOf({ limit, periodMs, body }: Bucket): Reply {
  if (body === 'html') return { status: 429, body: '<html><body><h1>429 Too Many Requests</h1></body></html>' };
  return { status: 429, body: { errors: [rateLimitText(limit, Math.max(1, Math.round(periodMs / 1000)))] } };
}

const fields = ['requests', 'name', 'limit', 'periodMs', 'reset', 'body'];

function parseBucket(given: unknown, known: ReadonlySet<string>): Bucket {
  if (!isObject(given)) throw new TypeError('bucket: expected an object with "requests", "limit" and "periodMs"');
  const odd = Object.keys(given).find((field) => !fields.includes(field));
  if (odd !== undefined) throw new TypeError(`bucket: unknown field "${odd}"; known: ${fields.join(', ')}`);
  const { requests, name = null, limit, periodMs } = given;
  if (!Array.isArray(requests) || requests.length === 0)
    throw new TypeError('bucket: requests must be a non-empty list');
  const unknown = requests.find((request) => !known.has(String(request)));
  if (unknown !== undefined)
    throw new TypeError(`bucket: no request "${String(unknown)}"; write such as "GET /api/v2/users/{user_id}"`);
  if (name !== null && typeof name !== 'string') throw new TypeError('bucket: name must be a string');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0)
    throw new TypeError('bucket: limit must be a whole number of requests');
  if (typeof periodMs !== 'number' || !(periodMs > 0))
    throw new TypeError('bucket: periodMs must be a number of milliseconds above 0');
  const reset = resets.find((one) => one === (given['reset'] ?? 'seconds'));
  if (reset === undefined) throw new TypeError(`bucket: reset must be one of ${resets.join(', ')}`);
  const body = bodies.find((one) => one === (given['body'] ?? 'json'));
  if (body === undefined) throw new TypeError(`bucket: body must be one of ${bodies.join(', ')}`);
  return { requests: requests.map(String), name, limit, periodMs, reset, body, refused: 0 };
}
