/** gRPC UNAVAILABLE and DEADLINE_EXCEEDED. */
const awayCodes: readonly unknown[] = [14, 4];

// Known by name and shape: loading Temporal's client takes longer than most commands do.
const wrappers: readonly string[] = ['ServiceError', 'WorkflowFailedError'];

interface GrpcError extends Error {
  readonly code: number;
  readonly details: string;
}

/** A system's code such as `ENOENT`. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';

/** One clear message, without a stack. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const grpc = grpcErrorOf(error);
  if (grpc !== undefined && awayCodes.includes(grpc.code)) {
    return `The engine did not answer (${grpc.details || grpc.message}): check that \`npm start\` or the cluster runs, with \`npx muster doctor\``;
  }
  if (wrappers.includes(error.name)) {
    return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  }
  return error.message || error.name;
}

function grpcErrorOf(error: unknown): GrpcError | undefined {
  if (!(error instanceof Error)) return undefined;
  return isGrpcError(error) ? error : grpcErrorOf(error.cause);
}

const isGrpcError = (error: Error): error is GrpcError => 'code' in error && 'details' in error && 'metadata' in error;
