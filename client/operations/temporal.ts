import { Client, Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import { UsageError } from '../../domain/errors.ts';

interface TemporalTarget {
  readonly connection: ConnectionOptions;
  readonly namespace: string;
}

/** gRPC's codes, of those that Temporal answers with and that make a difference here. */
export const grpcCodes = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/**
 * gRPC's code of a call that failed at Temporal's frontend or on the way there; undefined for another error. Calls about a
 * workflow or a schedule wrap what gRPC says, others do not.
 */
export function grpcCodeIn(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error ? grpcCodeIn(error.cause) : undefined;
}

export const isTemporalFailure = (error: unknown): boolean => grpcCodeIn(error) !== undefined;

/** Codes of what the same call may not meet later: no time left, no room, nobody there. */
const awayCodes: readonly (number | undefined)[] = [
  grpcCodes.deadlineExceeded,
  grpcCodes.resourceExhausted,
  grpcCodes.unavailable,
];
/** gRPC calls a handshake that failed "unavailable" too: that mends nobody but an operator. */
const handshakeWords = /certificate|ssl|tls|wrong version number/i;

/** Whether Temporal did not answer, so that the same may go through later: not where it refused. */
export function isTemporalAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The SDK gives these no code.
  const isUnconnected = error.name === 'TransportError' || error.message === 'Failed to connect before the deadline';
  if (!isUnconnected && !awayCodes.includes(grpcCodeIn(error))) return false;
  const { cause } = error;
  return !handshakeWords.test(`${error.message} ${cause instanceof Error ? cause.message : ''}`);
}

/** Throws a `UsageError` where Temporal says that there is no such namespace, and says why Temporal cannot be reached. */
export async function requireNamespace(target: TemporalTarget, timeoutMs = 5_000): Promise<void> {
  const { namespace } = target;
  await using reached = await reachTemporal(target);
  const { client } = reached;
  try {
    await client.withDeadline(Date.now() + timeoutMs, () => client.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    const code = grpcCodeIn(error);
    // Who may not ask goes on.
    if (code === grpcCodes.permissionDenied) return;
    if (code !== grpcCodes.notFound) throw error;
    throw new UsageError(
      `Temporal has no namespace ${namespace}: set TEMPORAL_NAMESPACE, or create it with ` +
        `\`temporal operator namespace create ${namespace}\``,
    );
  }
}

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
