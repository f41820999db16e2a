import { Client, Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';

interface TemporalTarget {
  readonly connection: ConnectionOptions;
  readonly namespace: string;
}

/**
 * gRPC's code of a call that failed at Temporal's frontend or on the way there; undefined for another error. Calls about a
 * workflow or a schedule wrap what gRPC says, others do not.
 */
export function grpcCodeIn(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error ? grpcCodeIn(error.cause) : undefined;
}

export const isTemporalFailure = (error: unknown): boolean => grpcCodeIn(error) !== undefined;

/**
 * A client of the cluster, whether it responds now or not. A call is sent once: whoever makes it knows whether to repeat it,
 * and the SDK's own repetitions outlive a closed connection and end the process.
 */
export async function reachTemporal(
  { connection, namespace }: TemporalTarget,
  timeoutMs = 2_000,
): Promise<{ readonly client: Client } & AsyncDisposable> {
  const reached = Connection.lazy({ ...connection, interceptors: [] });
  // So that the first call does not pay for connecting.
  const greet = () => reached.workflowService.getSystemInfo({});
  await reached.withDeadline(Date.now() + timeoutMs, greet).catch(() => undefined);
  return { client: new Client({ connection: reached, namespace }), [Symbol.asyncDispose]: () => reached.close() };
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
