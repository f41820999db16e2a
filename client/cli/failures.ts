import { isGrpcServiceError, ServiceError, WorkflowFailedError } from '@temporalio/client';

/** gRPC UNAVAILABLE and DEADLINE_EXCEEDED. */
const awayCodes: readonly unknown[] = [14, 4];

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
  if (error instanceof ServiceError || error instanceof WorkflowFailedError) {
    return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  }
  return error.message || error.name;
}

function grpcErrorOf(error: unknown): { code: number; details: string; message: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && error.cause !== undefined ? grpcErrorOf(error.cause) : undefined;
}
