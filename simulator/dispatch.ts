import type { IncomingHttpHeaders } from 'node:http';

import { refuseLocked } from './awkward/locks.ts';
import { withOddRows } from './awkward/oddRows.ts';
import type { SearchIndex } from './awkward/searchIndex.ts';
import { authenticate, authenticateApiKey, authorize } from './auth.ts';
import type { Identity } from './auth.ts';
import { ApiError, textError } from './errors.ts';
import type { Reply } from './errors.ts';
import type { State } from './model.ts';
import type { Route, Router } from './router.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Such as `http://127.0.0.1:8126`, for links. */
  readonly origin: string;
}

interface DispatchContext {
  readonly router: Router;
  readonly state: State;
  /** What reads see while a write lags; the state itself otherwise. */
  readonly visible: State;
  readonly index: SearchIndex;
  readonly now: string;
}

/** Authenticates, authorizes, parses the body, runs the handler; failures are replies. */
export function dispatch(context: DispatchContext, request: ApiRequest): Reply {
  try {
    const found = context.router.find(request.method, request.path);
    if (found === undefined) throw textError(404, 'Not Found');
    if (!('route' in found)) throw textError(405, 'Method Not Allowed');
    const identity = identify(context, found.route, request.headers);
    authorize(found.route, identity.permissions);
    refuseLocked(context.state, request.method, found.params);
    const { path, query, origin } = request;
    const state = request.method === 'GET' ? context.visible : context.state;
    const body = parseBody(request.text);
    if (request.method !== 'GET') context.index.beforeWrite();
    const reply = found.route.handler({
      ...identity,
      state,
      indexed: () => context.index.users(),
      path,
      query,
      origin,
      body,
      params: found.params,
      now: context.now,
    });
    return { ...reply, body: withOddRows(context.state, reply.body) };
  } catch (error) {
    if (error instanceof ApiError) return error.reply;
    throw error;
  }
}

function identify({ state, now }: DispatchContext, route: Route, headers: IncomingHttpHeaders): Identity {
  if (route.authentication !== 'apiKey') return authenticate(state, headers, now);
  const apiKey = authenticateApiKey(state, headers, now);
  const actor = state.users.get(apiKey.createdBy);
  if (actor === undefined) throw textError(403, 'Forbidden');
  return { actor, appKey: undefined, apiKey, permissions: new Set() };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw textError(400, 'Invalid JSON');
  }
}
