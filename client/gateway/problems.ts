import { STATUS_CODES } from 'node:http';
import { isTemporalFailure } from '../operations/temporal.ts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  ConflictError,
  FailedError,
  NotFoundError,
  RefusedError,
  TooMuchError,
  UsageError,
} from '../../domain/errors.ts';

/** Failures as problem details (RFC 9457). They tell the caller what to correct, and nothing of the inside. */

const problemType = 'application/problem+json';

const problem = z.object({
  type: z.string().describe('about:blank: the status says what it is'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe('Where in the request, by JSON pointer'),
});
type Problem = z.output<typeof problem>;

const descriptions = {
  400: 'The body is not JSON, or a header is malformed',
  401: 'Not authenticated: the signature or token is missing, wrong or too old',
  403: 'Authenticated, but not allowed to do this',
  404: 'Not found',
  405: 'The method is not one of those in Allow',
  409: 'It contradicts the current state, or came too late',
  413: 'The body is too large',
  415: 'The content type is not supported here',
  422: 'A value is wrong',
  429: 'Too many requests: try again after Retry-After seconds',
  500: 'A fault of the gateway',
  503: 'The engine or the database does not respond, or the gateway is stopping: send it again',
} as const;
type ProblemStatus = keyof typeof descriptions;

/** The problems that a route may return, for its schema. */
export function problems(...statuses: readonly ProblemStatus[]) {
  return Object.fromEntries(
    [...statuses, 429 as const, 500 as const].map((status) => [
      status,
      { description: descriptions[status], content: { [problemType]: { schema: problem } } },
    ]),
  );
}

/** Thrown by routes. The message goes to the caller. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ProblemStatus, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

export function sendProblem(
  reply: FastifyReply,
  status: number,
  detail: string,
  errors?: Problem['errors'],
): FastifyReply {
  const body: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    errors,
  };
  // Serialized here: an error may come before the route's own serializer is known.
  return reply
    .code(status)
    .header('content-type', problemType)
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}

export function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  onError: (error: unknown, what: string) => void,
): FastifyReply {
  if (error instanceof HttpProblem) {
    for (const [name, value] of Object.entries(error.headers)) void reply.header(name, value);
    return sendProblem(reply, error.status, error.message);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      pointer: instancePath,
      detail: message ?? 'is not right',
    }));
    const where = error.validationContext ?? 'request';
    const status = where === 'body' || where === 'querystring' ? 422 : 400;
    return sendProblem(reply, status, `the ${where} has ${errors.length} wrong value(s)`, errors);
  }
  const known = knownProblem(error);
  if (known !== undefined) return sendProblem(reply.headers(known.headers ?? {}), known.status, known.detail);
  onError(error, `${request.method} ${request.routeOptions.url ?? 'unknown'} failed`);
  return sendProblem(reply, 500, 'the gateway could not do this; its log says why');
}

interface KnownProblem {
  readonly status: ProblemStatus;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a failure means to a caller; undefined for a fault of the gateway. */
export function knownProblem(error: FastifyError): KnownProblem | undefined {
  if (error instanceof TooMuchError) {
    return { status: 429, detail: error.message, headers: { 'retry-after': `${error.retryAfterS}` } };
  }
  if (error instanceof UsageError) return { status: 422, detail: error.message };
  if (error instanceof NotFoundError) return { status: 404, detail: error.message };
  if (error instanceof ConflictError) return { status: 409, detail: error.message };
  if (error instanceof RefusedError) return { status: 403, detail: error.message };
  if (error instanceof FailedError || isAway(error)) {
    return { status: 503, detail: 'the engine or the database does not answer: send it again' };
  }
  const words: Readonly<Record<string, { status: ProblemStatus; detail: string }>> = {
    FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, detail: 'the content type is not supported here' },
    FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, detail: 'the body is too large' },
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, detail: 'the content length is not that of the body' },
    FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, detail: 'the body is empty' },
    FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, detail: 'the body is not JSON' },
  };
  const found = words[error.code];
  if (found !== undefined) return found;
  return error.statusCode === 400 ? { status: 400, detail: 'the request is malformed' } : undefined;
}

/** A database or an engine that does not respond: SQLite busy, PostgreSQL and gRPC connections. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (isTemporalFailure(error)) return true;
  if (typeof code === 'string' && /^(SQLITE_BUSY|SQLITE_IOERR|SQLITE_FULL|ECONN|EPIPE|ETIMEDOUT|08|53|57)/.test(code))
    return true;
  return error.cause !== undefined && isAway(error.cause);
}
