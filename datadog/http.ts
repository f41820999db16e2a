import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import { boundWait, DatadogFailure, failureOf } from './failures.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { logIntakeOf } from './sites.ts';
import type { CallObserver } from './observer.ts';
import type { AttemptOptions } from './types.ts';
import type { Call, HttpAnswer } from './answer.ts';
import { refusalOf } from './refusals.ts';
import { collectOddRows, type OddRowsNoted } from './rows.ts';

export interface Keys {
  readonly apiKey: string;
  readonly appKey: string;
}

interface ConnectionOptions {
  readonly baseUrl: string;
  /** Read for each request, so that keys may be changed while running. */
  readonly keys: () => Keys | Promise<Keys>;
  /** How many processes share Datadog's limits; 1 where it is left out. */
  readonly processes?: (() => number) | undefined;
  readonly observer?: CallObserver | undefined;
}

/** What all attempts of one client share. */
interface Connection extends ConnectionOptions {
  readonly agent: Agent;
  readonly limiter: Limiter;
}

type AnswerHead = Pick<HttpAnswer, 'status' | 'headers'>;

/** Sends requests of one attempt. Never repeats one by itself. */
export interface Sender extends OddRowsNoted {
  /** Any response, whatever its status. Throws `DatadogUnavailable` or `RateLimited` where there is none. */
  exchange(call: Call): Promise<HttpAnswer>;
  /** The body of a success; everything else is thrown as a failure of the table. */
  send(call: Call): Promise<unknown>;
  /** A success before it is parsed. */
  sendForAnswer(call: Call): Promise<HttpAnswer>;
  /** Waits within the attempt: `false` at once where its deadline comes before. */
  pause(ms: number): Promise<boolean>;
  readonly requests: number;
}

export function openConnection(options: ConnectionOptions): Connection {
  return {
    ...options,
    agent: new Agent({
      connections: 32,
      pipelining: 1,
      connect: { timeout: 5_000 },
      // The attempt's own deadlines are shorter and cover the whole body.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: 64 * 1024 * 1024,
    }),
    limiter: createLimiter(options.processes),
  };
}

/** One deadline and one cancellation over everything this attempt sends, until the last byte of the last response. */
export function createSender(connection: Connection, options: AttemptOptions = {}): Sender {
  const { signal, deadlineMs = defaultDeadlineMs, requestDeadlineMs = deadlineMs, priority = 'process' } = options;
  const deadlineAt = Date.now() + deadlineMs;
  const attemptEnd = AbortSignal.timeout(Math.max(1, deadlineMs));
  const attemptSignal = signal === undefined ? attemptEnd : AbortSignal.any([signal, attemptEnd]);
  let requests = 0;

  async function exchange(call: Call): Promise<HttpAnswer> {
    const { limiter, observer } = connection;
    const from = performance.now();
    try {
      await limiter
        .take({ ...call, priority, signal: attemptSignal, deadlineAt })
        .finally(() => observer?.waited(priority, performance.now() - from));
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw attemptEnd.aborted ? gotNoTurn(call) : error;
    }
    const keys = checkKeys(await connection.keys(), call);
    requests += 1;
    // Learned before the body is read: a torn response has said what is left all the same.
    const learn = (head: AnswerHead): void => limiter.learn(call, head.headers, head.status === 429);
    const ended = AbortSignal.any([attemptSignal, AbortSignal.timeout(Math.max(1, requestDeadlineMs))]);
    const { operation, method } = call;
    const end = observer?.begin({ operation, method, priority });
    const answering = transfer(connection, call, keys, ended, learn);
    answering.then(
      ({ status }) => end?.(String(status)),
      () => end?.('noAnswer'),
    );
    return answering.catch((error: unknown) => {
      if (signal?.aborted === true) throw signal.reason;
      const message = `${call.operation} got no complete answer: ${describe(error)}`;
      throw new DatadogFailure('DatadogUnavailable', message, { isUnsent: unconnected.has(codeOf(error)) });
    });
  }

  async function sendForAnswer(call: Call): Promise<HttpAnswer> {
    const answer = await exchange(call);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const failure = failureOf(answer, call);
    if (failure.type !== 'NotAuthorized') throw failure;
    throw await refusalOf(exchange, answer, call, signal);
  }

  return {
    ...collectOddRows(),
    exchange,
    sendForAnswer,
    send: async (call) => parseBody(call, await sendForAnswer(call)),
    async pause(ms) {
      if (Date.now() + ms >= deadlineAt) return false;
      await delay(ms, undefined, { signal: attemptSignal });
      return true;
    },
    get requests() {
      return requests;
    },
  };
}

const gotNoTurn = ({ operation }: Call): DatadogFailure =>
  new DatadogFailure('RateLimited', `${operation} got no turn within the deadline`, { retryAfterMs: boundWait(0) });

const defaultDeadlineMs = 12_000;

async function transfer(
  { agent, baseUrl }: Connection,
  call: Call,
  keys: Keys,
  signal: AbortSignal,
  onHead: (head: AnswerHead) => void,
): Promise<HttpAnswer> {
  const host = call.host === 'logs' ? logIntakeOf(baseUrl) : baseUrl;
  const url = new URL(host.replace(/\/+$/, '') + call.path);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const { statusCode, headers, body } = await agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: call.method,
    headers: {
      'dd-api-key': keys.apiKey,
      ...(call.host === 'logs' ? {} : { 'dd-application-key': keys.appKey }),
      accept: 'application/json',
      'user-agent': 'muster',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
    signal,
  });
  const single = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]);
  const head = { status: statusCode, headers: Object.fromEntries(single) as HttpAnswer['headers'] };
  onHead(head);
  const bytes = await body.bytes();
  return {
    ...head,
    get text() {
      return scrub(decoder.decode(bytes), keys);
    },
  };
}

const decoder = new TextDecoder();

/** By value, so that no response can bring a key into an error, whatever field it stands in. */
function scrub(text: string, { apiKey, appKey }: Keys): string {
  return [apiKey, appKey].reduce((kept, key) => (key === '' ? kept : kept.replaceAll(key, '[key]')), text);
}

function checkKeys(keys: Keys, call: Call): Keys {
  for (const [field, name] of [
    ['apiKey', 'DD_API_KEY'],
    ['appKey', 'DD_APP_KEY'],
  ] as const) {
    if (/^[\u0021-\u007e]+$/.test(keys[field])) continue;
    throw new DatadogFailure(
      'NotAuthorized',
      `${name} is empty or has characters that no key has: set it to the key alone`,
      { missing: { permission: 'validKeys', operation: call.operation } },
    );
  }
  return keys;
}

export function parseBody(call: Call, answer: HttpAnswer): unknown {
  const { text } = answer;
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new DatadogFailure('UnexpectedResponse', `${call.operation} was answered with a body that is not JSON`);
  }
}

/** There was no connection that a request could have gone over. */
const unconnected: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const codeOf = (error: unknown): unknown => (Object(error) as { readonly code?: unknown }).code;

/** The name or code only: messages and causes of the transport may show what was sent. */
function describe(error: unknown): string {
  const { name } = Object(error) as { name?: unknown };
  if (name === 'TimeoutError') return 'the deadline passed';
  const shown = [codeOf(error), name].find((part) => typeof part === 'string');
  return shown === undefined ? 'the connection failed' : `the connection failed (${shown})`;
}
