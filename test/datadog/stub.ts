import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { openDatadog } from '../../datadog/index.ts';
import type { AttemptOptions, Datadog, DatadogClient } from '../../datadog/types.ts';

interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface StubAnswer {
  readonly status?: number;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server for responses that the simulator never sends, and the client on it. */
export interface Stub extends AsyncDisposable {
  readonly client: DatadogClient;
  readonly requests: readonly StubRequest[];
  api(options?: AttemptOptions): Datadog;
}

export const stubKeys = { apiKey: 'stub-api-key', appKey: 'stub-application-key' };

/** `answer` may take the response itself and return nothing. */
export async function startStub(
  answer: (request: StubRequest, response: ServerResponse) => StubAnswer | undefined,
): Promise<Stub> {
  const requests: StubRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
      const request: StubRequest = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(request);
      const given = answer(request, response);
      if (given === undefined) return;
      response.writeHead(given.status ?? 200, given.headers ?? {});
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body ?? {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stub listens on no port');
  const client = openDatadog({ baseUrl: `http://127.0.0.1:${address.port}`, keys: () => stubKeys });
  return {
    client,
    requests,
    api: (options) => client.attempt(options),
    async [Symbol.asyncDispose]() {
      await client.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A user as Datadog shows it. */
export const userOf = (id: string, attributes: Readonly<Record<string, unknown>> = {}) => ({
  id,
  type: 'users',
  attributes: { email: `${id}@example.com`, handle: `${id}@example.com`, name: id, status: 'Active', ...attributes },
  relationships: { roles: { data: [] as { id: string; type: string }[] } },
});
