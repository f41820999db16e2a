import { isUtf8 } from 'node:buffer';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayContext, GatewayPart } from '../context.ts';
import { allowedAt, type KnownRoutes } from '../methods.ts';
import { HttpProblem, knownProblem } from '../problems.ts';
import { errorBody, ScimError, wrong } from './errors.ts';
import { bodyLimit } from './limits.ts';
import { addScimRoutes, scimPrefix } from './routes.ts';
import { createRefusalReport, createReport, type RefusedRequest } from './ignored.ts';
import { createSettler } from './settler.ts';
import { createTurns } from './turns.ts';

/** SCIM 2.0 (RFC 7643, 7644) at `/scim/v2`: an identity provider pushes users and groups, and people join, change and leave. */

const scimJson = 'application/scim+json';

export const scimPlugin: GatewayPart = async (app, context) => {
  const clocked = { ...context, nextInstant: createClock(context.now) };
  const settler = createSettler(clocked);
  // What another process has left is taken up.
  app.addHook('onReady', () => settler.start());
  app.addHook('onClose', () => settler.stop());
  const scimContext = { ...clocked, settler, turns: createTurns(), report: createReport(context) };
  const onRefused = createRefusalReport(context);
  await app.register(
    async (scim) => {
      const parse = scim.getDefaultJsonParser('error', 'error');
      scim.addContentTypeParser<Buffer>(
        [scimJson, 'application/json'],
        { parseAs: 'buffer', bodyLimit },
        (request, body, done) => {
          // Clients send a content type with a DELETE too, whose body is empty.
          if (body.length === 0) done(null, undefined);
          else if (isUtf8(body)) void parse(request, body.toString(), done);
          else done(wrong('invalidSyntax', 'the body is not text in UTF-8'));
        },
      );
      scim.decorateRequest('scimSource', '');
      scim.decorateRequest('scimBase', '');
      scim.addHook('onSend', async (_request, reply, payload) => {
        if (reply.statusCode !== 204 && reply.statusCode !== 304) void reply.type(`${scimJson}; charset=utf-8`);
        return payload;
      });
      scim.setErrorHandler((error: FastifyError, request, reply) =>
        answerScimError(error, request, reply, { ...context, onRefused }),
      );
      addScimRoutes(scim, scimContext);
    },
    { prefix: scimPrefix },
  );
};

export const isScim = (url: string): boolean => /^\/scim\/v2(\/|\?|$)/.test(url);

/** Clients put the base and the path together with one slash too many, or end with one. */
export function scimUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  const plain = path.replaceAll(/\/{2,}/g, '/');
  if (!isScim(plain)) return url;
  return [plain.replace(/\/$/, ''), ...query].join('?');
}

/** For an address that no route has, or a method that its routes do not have. */
export function answerScimUnknown(routes: KnownRoutes, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const allowed = allowedAt(routes, request.url);
  if (allowed !== undefined) void reply.header('allow', allowed);
  const body =
    allowed === undefined
      ? errorBody(404, 'there is nothing at this address')
      : errorBody(405, `${request.method} is not a method of this address`);
  return reply
    .code(Number(body.status))
    .type(`${scimJson}; charset=utf-8`)
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body);
}

/** No two events of one source have the same time, so that the later one is known to be later. */
function createClock(now: () => Date): () => string {
  let lastMs = 0;
  return () => {
    lastMs = Math.max(now().getTime(), lastMs + 2);
    return new Date(lastMs).toISOString();
  };
}

interface Answer {
  readonly status: number;
  readonly detail: string;
  readonly scimType?: ScimError['scimType'];
  readonly headers?: Readonly<Record<string, string>>;
}

function answerScimError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  { onError, onRefused }: Pick<GatewayContext, 'onError'> & { readonly onRefused: (refused: RefusedRequest) => void },
): FastifyReply {
  const answer = answerTo(error);
  if (answer === undefined) {
    onError(error, `${request.method} ${request.routeOptions.url ?? 'unknown'} failed`);
    return reply.code(500).send(errorBody(500, 'the gateway could not do this; its log says why'));
  }
  const { status, detail, scimType } = answer;
  const { method, scimSource: source } = request;
  // Who is not let in, or is too early, is counted elsewhere, and asked for nothing to be taken.
  if (isChange(request) && [400, 409, 413, 415].includes(status)) onRefused({ source, method, status, scimType });
  return reply
    .headers(headersOf(answer))
    .code(status)
    .send(errorBody(status, detail, scimType));
}

const isChange = ({ method, url }: FastifyRequest): boolean => method !== 'GET' && !/\/\.search(\?|$)/.test(url);

/** Undefined for a fault of the gateway. */
function answerTo(error: FastifyError): Answer | undefined {
  if (error instanceof ScimError) return { status: error.status, detail: error.message, scimType: error.scimType };
  if (error instanceof HttpProblem) return { status: error.status, detail: error.message, headers: error.headers };
  if (isSyntax(error)) return { status: 400, detail: 'the body is not JSON', scimType: 'invalidSyntax' };
  const known = knownProblem(error);
  if (known === undefined) return undefined;
  // What Muster refuses about a person is a wrong value of the resource.
  const status = known.status === 422 ? 400 : known.status;
  return { ...known, status, scimType: status === 400 ? 'invalidValue' : undefined };
}

/** Clients of SCIM repeat what they are told when to repeat. */
const retryAfterS = 5;
const headersOf = ({
  status,
  headers = {},
}: {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}) => (status === 503 ? { 'retry-after': String(retryAfterS), ...headers } : headers);

const isSyntax = ({ code }: Pick<FastifyError, 'code'>): boolean => code === 'FST_ERR_CTP_INVALID_JSON_BODY';
