import type { Reply } from './errors.ts';
import type { ApiKey, AppKey, State, User } from './model.ts';

/** What a handler knows of the request; authentication and permission checks are behind it. */
export interface Call {
  readonly state: State;
  /** The users that a search looks through, which may lag behind. */
  readonly indexed: () => Iterable<User>;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Such as `http://127.0.0.1:8126`, for links. */
  readonly origin: string;
  /** Undefined where the request has none. */
  readonly body: unknown;
  /** The owner of the key or token. */
  readonly actor: User;
  readonly appKey: AppKey | undefined;
  /** Undefined with a bearer token. */
  readonly apiKey: ApiKey | undefined;
  /** Effective permission names: scopes of the key ∩ permissions of the owner's roles. */
  readonly permissions: ReadonlySet<string>;
  /** The simulator's clock, ISO 8601. */
  readonly now: string;
}

export type Permission =
  | { readonly open: true }
  | { readonly anyOf: readonly string[] }
  | { readonly allOf: readonly string[] };

type Authentication = 'both' | 'apiKey';

export interface Route {
  readonly method: string;
  /** Segments in braces are parameters: `/api/v2/users/{user_id}`. */
  readonly pattern: string;
  readonly permission: Permission;
  readonly authentication?: Authentication;
  readonly handler: (call: Call) => Reply;
}

export const open: Permission = { open: true };
export const anyOf = (...names: string[]): Permission => ({ anyOf: names });
export const allOf = (...names: string[]): Permission => ({ allOf: names });

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router {
  /** Undefined: no route has the path; `methods` only: the path exists with other methods. */
  find(method: string, path: string): Match | { readonly methods: readonly string[] } | undefined;
}

/** Literal segments win over parameters whatever the order of the table. */
export function createRouter(routes: readonly Route[]): Router {
  const table = routes
    .map((route) => ({ route, segments: route.pattern.split('/') }))
    .sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments));
  return {
    find(method, path) {
      const segments = path.split('/');
      const methods: string[] = [];
      for (const entry of table) {
        const params = matchSegments(entry.segments, segments);
        if (params === undefined) continue;
        if (entry.route.method === method) return { route: entry.route, params };
        methods.push(entry.route.method);
      }
      return methods.length > 0 ? { methods } : undefined;
    },
  };
}

function parameterCount(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith('{')).length;
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? '';
    if (expected.startsWith('{')) {
      if (actual === '') return undefined;
      params[expected.slice(1, -1)] = decodeSegment(actual);
    } else if (expected !== actual) return undefined;
  }
  return params;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
