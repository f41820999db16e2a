import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { runChild } from './children.ts';
import { createBodies, type ReadOnlyOptions } from './readOnlyBodies.ts';

export interface ReadOnlyAddress {
  readonly url: string;
  readonly apiKey: string;
  readonly appKey: string;
}

export interface ReadOnlyCounts {
  readonly requests: number;
  readonly refused: number;
}

/**
 * Serves the lists that a full sync reads, from pages that are made once: it must cost little beside their reader. In a
 * process of its own.
 */
function startReadOnlyServer(options: ReadOnlyOptions) {
  const { latencyMs = 0, perSecond } = options;
  const bodyOf = createBodies(options);
  const pages = new Map<string, string>();
  let requests = 0;
  let refused = 0;
  let second = 0;
  let used = 0;

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
