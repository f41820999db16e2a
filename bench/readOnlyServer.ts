import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { runChild } from './children.ts';

/** What a read-only Datadog has in it, and how it behaves. */
export interface ReadOnlyOptions {
  readonly users: number;
  readonly roles: number;
  readonly teams?: number;
  readonly membersPerTeam?: number;
  readonly serviceAccounts?: number;
  /** One in so many has not logged in for long: 10 where nothing is said. */
  readonly dormantOneIn?: number;
  readonly latencyMs?: number;
  /** Requests a second; above it is answered with 429. */
  readonly perSecond?: number;
}

export interface ReadOnlyAddress {
  readonly url: string;
  readonly apiKey: string;
  readonly appKey: string;
}

export interface ReadOnlyCounts {
  readonly requests: number;
  readonly refused: number;
}

const uuid = (kind: number, index: number): string =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

const permissionOf = (id: string, index: number) => ({
  type: 'permissions',
  id,
  attributes: { name: `permission_${index}`, display_name: `Permission ${index}`, group_name: 'General' },
});

const range = (total: number, size: number, number: number): number[] =>
  Array.from({ length: Math.max(0, Math.min(size, total - number * size)) }, (_, index) => number * size + index);

const counted = (data: readonly unknown[], total: number) => ({
  data,
  meta: { page: { total_count: total, total_filtered_count: total, max_page_size: 1_000 } },
});
const paged = (data: readonly unknown[], total: number) => ({ data, meta: { pagination: { total } } });

/**
 * Answers the lists that a full sync reads, from pages that are made once: it must cost little beside who reads them. In a
 * process of its own.
 */
function startReadOnlyServer(options: ReadOnlyOptions) {
  const { users, roles, teams = 0, membersPerTeam = 0, serviceAccounts = 0, dormantOneIn = 10 } = options;
  const { latencyMs = 0, perSecond } = options;
  const today = new Date().toISOString();
  const roleIds = Array.from({ length: roles }, (_, index) => uuid(2, index));
  const permissionIds = Array.from({ length: 200 }, (_, index) => uuid(3, index));
  const pages = new Map<string, string>();
  let requests = 0;
  let refused = 0;
  let second = 0;
  let used = 0;

  const roleOf = (id: string, index: number) => ({
    type: 'roles',
    id,
    attributes: { name: `Role ${index}`, created_at: '2025-01-01T00:00:00.000Z', user_count: users },
    relationships: { permissions: { data: permissionIds.map((one) => ({ id: one, type: 'permissions' })) } },
  });
  const included = [...roleIds.map(roleOf), ...permissionIds.map(permissionOf)];

  function userOf(index: number) {
    const email = `person${String(index).padStart(6, '0')}@example.com`;
    const at = '2025-08-01T20:45:12.043180+00:00';
    return {
      type: 'users',
      id: uuid(1, index),
      attributes: {
        uuid: uuid(1, index),
        name: `Person ${index}`,
        handle: email,
        created_at: at,
        modified_at: at,
        email,
        icon: 'https://secure.gravatar.com/avatar/0123456789abcdef0123456789abcdef?s=48&d=retro',
        title: index % 3 === 0 ? null : 'Engineer',
        verified: true,
        service_account: index < serviceAccounts,
        disabled: false,
        allowed_login_methods: [],
        status: 'Active',
        mfa_enabled: index % 2 === 0,
        last_login_time: index % dormantOneIn === 0 ? at : today,
      },
      relationships: {
        roles: { data: [{ type: 'roles', id: roleIds[index % roles] }] },
        org: { data: { type: 'orgs', id: uuid(4, 0) } },
      },
    };
  }

  function bodyOf(path: string, size: number, number: number): unknown {
    if (path === '/api/v2/users') return { ...counted(range(users, size, number).map(userOf), users), included };
    if (path === '/api/v2/roles') {
      return counted(
        range(roles, size, number).map((index) => roleOf(roleIds[index] ?? '', index)),
        roles,
      );
    }
    if (path === '/api/v2/permissions') return { data: permissionIds.map(permissionOf) };
    if (path === '/api/v2/team') {
      const rows = range(teams, size, number).map((index) => ({
        type: 'team',
        id: uuid(5, index),
        attributes: { handle: `team-${index}`, name: `Team ${index}`, is_managed: false },
      }));
      return paged(rows, teams);
    }
    if (path.endsWith('/memberships')) {
      const team = Number.parseInt(path.split('/')[4]?.slice(-12) ?? '0', 16);
      const rows = range(membersPerTeam, size, number).map((index) => ({
        type: 'team_memberships',
        id: `TeamMembership-${team}-${index}`,
        attributes: { role: null },
        relationships: { user: { data: { type: 'users', id: uuid(1, (team * membersPerTeam + index) % users) } } },
      }));
      return paged(rows, membersPerTeam);
    }
    return counted([], 0);
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/counts') {
      response.end(JSON.stringify({ requests, refused } satisfies ReadOnlyCounts));
      requests = 0;
      refused = 0;
      return;
    }
    requests += 1;
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (perSecond !== undefined && !take(perSecond, headers)) {
      refused += 1;
      response.writeHead(429, headers).end('{"errors":["Too many requests"]}');
      return;
    }
    const key = url.pathname + url.search;
    const size = Math.min(1_000, Number(url.searchParams.get('page[size]') ?? 10));
    const number = Number(url.searchParams.get('page[number]') ?? 0);
    const text = pages.get(key) ?? JSON.stringify(bodyOf(url.pathname, size, number));
    pages.set(key, text);
    const send = () => response.writeHead(200, headers).end(text);
    if (latencyMs > 0) setTimeout(send, latencyMs);
    else send();
  }

  function take(limit: number, headers: Record<string, string>): boolean {
    const now = Math.floor(Date.now() / 1_000);
    if (now !== second) [second, used] = [now, 0];
    used += 1;
    headers['x-ratelimit-limit'] = String(limit);
    headers['x-ratelimit-period'] = '1';
    headers['x-ratelimit-remaining'] = String(Math.max(0, limit - used));
    headers['x-ratelimit-reset'] = '1';
    headers['x-ratelimit-name'] = 'users';
    return used <= limit;
  }

  return createServer(answer);
}

await runChild(async (options: ReadOnlyOptions) => {
  const server = startReadOnlyServer(options);
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  const ready: ReadOnlyAddress = { url: `http://127.0.0.1:${address.port}`, apiKey: 'bench', appKey: 'bench' };
  return {
    ready,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
});
