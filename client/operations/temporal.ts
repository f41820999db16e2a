import { Client, Connection, type ConnectionOptions } from '@temporalio/client';

interface TemporalTarget {
  readonly connection: ConnectionOptions;
  readonly namespace: string;
}

/** A client of the cluster. Throws where the cluster does not respond within `timeoutMs`. */
export async function connectTemporal(
  { connection, namespace }: TemporalTarget,
  timeoutMs = 10_000,
): Promise<{ readonly client: Client; close(): Promise<void> } & AsyncDisposable> {
  const connected = await Connection.connect({ ...connection, connectTimeout: timeoutMs });
  const close = () => connected.close();
  return { client: new Client({ connection: connected, namespace }), close, [Symbol.asyncDispose]: close };
}
