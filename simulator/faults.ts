import { isObject } from './body.ts';
import type { Reply } from './errors.ts';
import { createRandom } from './random.ts';

const faultKinds = [
  '401',
  '403',
  '429',
  '500',
  '502',
  '503',
  'edge502',
  'hang',
  'torn',
  'lostReply',
  'notJson',
  'wrongTypes',
  'slow',
  'lag',
  'reply',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface FaultInput {
  /** Absent parts match everything; `path` is a regular expression over the path without its query. */
  readonly match?: { readonly method?: string; readonly path?: string };
  /**
   * `torn`, `lostReply`, `notJson` and `wrongTypes` come after the commit; `lag` touches writes
   * only: reads within `ms` do not see them.
   */
  readonly kind: FaultKind | 401 | 403 | 429 | 500 | 502 | 503;
  /** For statuses, `reply` and `hang`: before the commit (default) or after it. */
  readonly when?: 'before' | 'after';
  /** How often it strikes; without it, until cleared. */
  readonly times?: number;
  /** In (0, 1]; default 1. */
  readonly probability?: number;
  /** For `slow` and `lag`; default 1000. Wall-clock time. */
  readonly ms?: number;
  /** For 429: the `X-RateLimit-Reset` it returns, in seconds; default 1. */
  readonly resetSeconds?: number;
  /** For `reply`: any answer. A text goes out as HTML, everything else as JSON; without a body it is empty. */
  readonly reply?: Reply;
}

export interface Fault {
  readonly id: number;
  readonly kind: FaultKind;
  readonly when: 'before' | 'after';
  readonly method: string | null;
  readonly path: string | null;
  readonly probability: number;
  readonly ms: number;
  readonly resetSeconds: number;
  readonly reply: Reply;
  /** Null: unlimited. */
  remaining: number | null;
  struck: number;
}

export interface Faults {
  /** @throws TypeError that names the wrong field. */
  add(input: FaultInput): Fault;
  /** The same for what came over the wire. */
  addFrom(json: unknown): Fault;
  list(): readonly Fault[];
  clear(): void;
  /** The first fault that matches and strikes, counted. */
  take(method: string, path: string): Fault | undefined;
}

/** `onClear` ends what lasts longer than a request. */
export function createFaults(seed: number, onClear: () => void): Faults {
  const random = createRandom(seed);
  const faults: Fault[] = [];
  let nextId = 1;
  const add = (input: unknown): Fault => {
    const fault = parseFault(input, nextId);
    nextId += 1;
    faults.push(fault);
    return fault;
  };
  return {
    add,
    addFrom: add,
    list: () => [...faults],
    clear() {
      faults.length = 0;
      onClear();
    },
    take(method, path) {
      const fault = faults.find(
        (candidate) =>
          matches(candidate, method, path) && (candidate.probability >= 1 || random.next() < candidate.probability),
      );
      if (fault === undefined) return undefined;
      fault.struck += 1;
      if (fault.remaining !== null) fault.remaining -= 1;
      return fault;
    },
  };
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.remaining === 0) return false;
  if (fault.kind === 'lag' && method === 'GET') return false;
  return (
    (fault.method === null || fault.method === method) && (fault.path === null || new RegExp(fault.path).test(path))
  );
}

const knownFields = ['match', 'kind', 'when', 'times', 'probability', 'ms', 'resetSeconds', 'reply'];

function parseFault(given: unknown, id: number): Fault {
  if (!isObject(given)) throw new TypeError('fault: expected an object with "kind"');
  const unknownField = Object.keys(given).find((field) => !knownFields.includes(field));
  if (unknownField !== undefined)
    throw new TypeError(`fault: unknown field "${unknownField}"; known: ${knownFields.join(', ')}`);
  const kind = faultKinds.find((candidate) => candidate === String(given['kind']));
  if (kind === undefined) throw new TypeError(`fault: kind must be one of ${faultKinds.join(', ')}`);
  const { when = 'before', times = null, probability = 1, ms = 1000, resetSeconds = 1 } = given;
  if (when !== 'before' && when !== 'after') throw new TypeError('fault: when must be before or after');
  if (times !== null && (typeof times !== 'number' || !Number.isInteger(times) || times < 1))
    throw new TypeError('fault: times must be a whole number from 1');
  if (typeof probability !== 'number' || !(probability > 0 && probability <= 1)) {
    throw new TypeError('fault: probability must be above 0 and at most 1');
  }
  if (typeof ms !== 'number' || !(ms >= 0)) throw new TypeError('fault: ms must be a number of milliseconds');
  if (typeof resetSeconds !== 'number' || !(resetSeconds >= 0))
    throw new TypeError('fault: resetSeconds must be a number of seconds');
  const { method, path } = parseMatch(given['match']);
  const reply = parseReply(kind, given['reply']);
  return { id, kind, when, method, path, probability, ms, resetSeconds, reply, remaining: times, struck: 0 };
}

function parseReply(kind: FaultKind, reply: unknown): Reply {
  if (kind !== 'reply') return { status: 200 };
  if (!isObject(reply)) throw new TypeError('fault: reply must be an object {status, body?, headers?}');
  const { status, body, headers = {} } = reply;
  if (typeof status !== 'number' || !(status >= 200 && status <= 599))
    throw new TypeError('fault: reply.status must be a status from 200 to 599');
  if (!isObject(headers)) throw new TypeError('fault: reply.headers must be an object of strings');
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { status, body, headers: Object.fromEntries(texts) as Record<string, string> };
}

function parseMatch(match: unknown): { method: string | null; path: string | null } {
  if (match === undefined) return { method: null, path: null };
  if (!isObject(match)) throw new TypeError('fault: match must be an object {method?, path?}');
  const { method = null, path = null, ...rest } = match;
  if (Object.keys(rest).length > 0)
    throw new TypeError(`fault: unknown field "match.${Object.keys(rest).join()}"; known: method, path`);
  if (method !== null && typeof method !== 'string')
    throw new TypeError('fault: match.method must be a string such as POST');
  if (path !== null && typeof path !== 'string')
    throw new TypeError('fault: match.path must be a regular expression as a string');
  try {
    if (path !== null) new RegExp(path).test('');
  } catch {
    throw new TypeError(`fault: match.path is not a regular expression: ${String(path)}`);
  }
  return { method: method === null ? null : method.toUpperCase(), path };
}

/** Every leaf of another type, for `wrongTypes`; the structure stays, so that a reader must look closely. */
export function spoilTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spoilTypes);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, spoilTypes(inner)]));
  }
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value;
}
