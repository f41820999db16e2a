import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Buckets } from './awkward/buckets.ts';
import type { SearchIndex } from './awkward/searchIndex.ts';
import { answerControl } from './control.ts';
import type { Controls } from './controls.ts';
import { dispatch } from './dispatch.ts';
import type { ApiRequest } from './dispatch.ts';
import { edgeReply } from './errors.ts';
import type { Reply } from './errors.ts';
import { spoilTypes } from './faults.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { Lag } from './lag.ts';
import type { State } from './model.ts';
import { rateLimitHeaders, rateLimitText } from './rateLimit.ts';
import type { RateLimit, RateLimiter } from './rateLimit.ts';
import type { RequestRecord } from './requests.ts';
import type { Router } from './router.ts';

interface ServerDeps {
  readonly state: State;
  readonly router: Router;
  readonly controls: Controls;
  readonly lag: Lag;
  readonly index: SearchIndex;
  readonly buckets: Buckets;
  readonly takeFault: (method: string, path: string) => Fault | undefined;
  readonly logRequest: (method: string, path: string, query: string, body: string) => RequestRecord;
  readonly rate: { readonly limit: RateLimit; readonly limiter: RateLimiter } | undefined;
  readonly latencyMs: number;
  readonly settle: () => void;
  readonly changed: () => void;
}

/** Above the pauses of a client that is busy with something else: it would find its connection closed. */
const keepAliveTimeout = 65_000;

/** Not listening yet. */
export function createHttpServer(deps: ServerDeps): Server {
  return createServer({ keepAliveTimeout }, (request, response) => {
    answer(deps, request, response).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) send(response, { status: 500, body: { errors: [`the simulator failed: ${text}`] } });
      else response.destroy();
    });
  });
}

async function answer(deps: ServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const method = request.method ?? 'GET';
  const text = await readText(request);
  if (url.pathname.startsWith('/control/')) {
    send(response, answerControlText(deps.controls, method, url.pathname, text));
    return;
  }
  const record = deps.logRequest(method, url.pathname, url.search, method === 'GET' ? '' : text);
  response.once('finish', () => {
    record.status = response.statusCode;
  });
  if (deps.latencyMs > 0) await sleep(deps.latencyMs);
  const limited = countRequest(deps, method, url.pathname);
  for (const [name, value] of Object.entries(limited?.headers ?? {})) response.setHeader(name, value);
  if (limited?.refusal !== undefined) {
    send(response, limited.refusal);
    return;
  }
  const fault = deps.takeFault(method, url.pathname);
  const asked: ApiRequest = {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    text,
    origin,
  };
  const carryOut = (): Reply => {
    const reply = commit(deps, asked);
    record.carriedOut = reply.status;
    return reply;
  };
  await answerApi(deps, carryOut, response, fault);
}

/** The bucket of the endpoint where it has one, else the limit of everything. */
function countRequest(
  { router, buckets, rate }: ServerDeps,
  method: string,
  path: string,
): ReturnType<Buckets['count']> {
  const found = router.find(method, path);
  const own = found !== undefined && 'route' in found ? buckets.count(`${method} ${found.route.pattern}`) : undefined;
  if (own !== undefined || rate === undefined) return own;
  const { allowed, headers } = rate.limiter.count();
  if (allowed) return { headers };
  const { limit, periodMs } = rate.limit;
  return { headers, refusal: { status: 429, body: { errors: [rateLimitText(limit, periodMs / 1000)] } } };
}

async function answerApi(
  deps: ServerDeps,
  carryOut: () => Reply,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  if (fault === undefined) return send(response, carryOut());
  if (fault.when === 'before') {
    if (fault.kind === 'hang') return;
    const refusal = refusalOf(fault);
    if (refusal !== undefined) return send(response, refusal);
  }
  if (fault.kind === 'slow') await sleep(fault.ms);
  if (fault.kind === 'lag') deps.lag.begin(fault.ms);
  const reply = carryOut();
  if (fault.kind === 'hang') return;
  if (fault.kind === 'lostReply') {
    response.destroy();
    return;
  }
  if (fault.kind === 'torn') tear(response, reply);
  else send(response, spoiledReply(fault, reply));
}

function spoiledReply(fault: Fault, reply: Reply): Reply {
  if (fault.kind === 'notJson') return { status: 200, body: '<html><body>Please stand by</body></html>' };
  if (fault.kind === 'wrongTypes') return { ...reply, body: spoilTypes(reply.body) };
  return refusalOf(fault) ?? reply;
}

/** Runs the operation against the state. */
function commit(deps: ServerDeps, request: ApiRequest): Reply {
  deps.settle();
  const { router, state } = deps;
  const reply = dispatch(
    { router, state, visible: deps.lag.visible(), index: deps.index, now: deps.controls.now() },
    request,
  );
  if (request.method !== 'GET') deps.changed();
  return reply;
}

const refusals: Readonly<Partial<Record<FaultKind, Reply>>> = {
  '401': { status: 401, body: { errors: ['Unauthorized'] } },
  '403': { status: 403, body: { errors: ['Forbidden'] } },
  '500': { status: 500, body: { errors: ['Internal Server Error'] } },
  '502': { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' },
  '503': { status: 503, body: { errors: ['Service Unavailable'] } },
  edge502: edgeReply(502, 'Bad Gateway'),
};

/** Undefined for faults that are no status. */
function refusalOf({ kind, resetSeconds, reply }: Fault): Reply | undefined {
  if (kind === 'reply') return reply;
  if (kind !== '429') return refusals[kind];
  const headers = rateLimitHeaders({ limit: 100, periodSeconds: 10, remaining: 0, resetSeconds });
  return { status: 429, body: { errors: [rateLimitText(100, 10)] }, headers };
}

/** The head and the first half of the body, then the end of the connection. */
function tear(response: ServerResponse, reply: Reply): void {
  const text = Buffer.from(JSON.stringify(reply.body ?? {}));
  response.writeHead(reply.status, { 'content-type': 'application/json', 'content-length': String(text.length) });
  response.write(text.subarray(0, Math.floor(text.length / 2)), () => response.destroy());
}

function send(response: ServerResponse, reply: Reply): void {
  if (typeof reply.body === 'string')
    return sendText(response, reply.status, 'text/html', reply.body, reply.headers ?? {});
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  sendText(response, reply.status, 'application/json', text, reply.headers ?? {});
}

function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  const length = status === 204 ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) };
  response.writeHead(status, { ...length, ...headers });
  response.end(text);
}

function answerControlText(controls: Controls, method: string, path: string, text: string): Reply {
  try {
    return answerControl(controls, method, path, text === '' ? undefined : (JSON.parse(text) as unknown));
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'body: not JSON' } };
    throw error;
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
