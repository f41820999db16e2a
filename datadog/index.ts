import { createAccountReads, createAccountWrites } from './accounts.ts';
import { createDirectory, type DirectoryCache } from './directory.ts';
import { createGrantReads, createGrantWrites } from './grants.ts';
import { createNhiCalls } from './nhis.ts';
import { createLogCalls } from './logs.ts';
import { createSender, openConnection, type Keys } from './http.ts';
import { createProbeCalls } from './probes.ts';
import { createSnapshotCalls } from './snapshot.ts';
import type { CallObserver } from './observer.ts';
import type { AttemptOptions, Datadog, DatadogClient } from './types.ts';

interface DatadogOptions {
  readonly baseUrl: string;
  /** Asked before every request, so that keys can be mended while a worker runs. */
  readonly keys: () => Keys | Promise<Keys>;
  /** How many processes share its limits, this one among them; 1 where it is left out. */
  readonly processes?: () => number;
  /** Sees each request go and end. */
  readonly observer?: CallObserver | undefined;
}

/** Opens one organization. Nothing is sent before the first call. */
export function openDatadog({ baseUrl, keys, processes, observer }: DatadogOptions): DatadogClient {
  const connection = openConnection({ baseUrl, keys, processes, observer });
  const cache: DirectoryCache = {};
  const close = () => {
    connection.limiter.close();
    return connection.agent.destroy();
  };
  return {
    baseUrl,
    attempt(options: AttemptOptions = {}): Datadog {
      const http = createSender(connection, options);
      const accounts = createAccountReads(http);
      const snapshot = createSnapshotCalls(http);
      return {
        ...accounts,
        ...createAccountWrites(http),
        ...createGrantReads(http, createDirectory(http, cache), accounts),
        ...createGrantWrites(http),
        ...snapshot,
        ...createNhiCalls(http),
        ...createProbeCalls(http, snapshot.currentUser),
        ...createLogCalls(http),
        oddRows: http.oddRows,
        noteOdd: http.noteOdd,
        get requests() {
          return http.requests;
        },
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
