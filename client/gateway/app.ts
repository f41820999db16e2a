import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import { fastify, type FastifyError } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { GatewayApp, GatewayContext, GatewayPart } from './context.ts';
import { approvalRoutes } from './approvalRoutes.ts';
import { recognizeCaller } from './callers.ts';
import { eventRoutes, takesSignature } from './eventRoutes.ts';
import { healthRoutes } from './health.ts';
import { readRoutes } from './readRoutes.ts';
import { answerScimUnknown, isScim, scimPlugin, scimUrl } from './scim/plugin.ts';
import { createLimits, senderOf } from './limits.ts';
import { createRequestLog } from './requestLog.ts';
import { answerUnknown, rememberRoutes, type KnownRoutes } from './methods.ts';
import { answerError, HttpProblem } from './problems.ts';

/** The parts of the HTTP interface. Each is a scope of its own: parsers and hooks are not shared. */
const parts: readonly GatewayPart[] = [healthRoutes, eventRoutes, readRoutes, approvalRoutes, scimPlugin];

/** A delivery of some thousand full records. */
const bodyLimit = 1_024 * 1_024;
/** Until a request is there as a whole. A slow one holds a socket for so long, and no longer. */
const slowestMs = 5_000;

const securityHeaders = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  // The proxy in front of the gateway ends TLS, and decides this for all of its names.
  strictTransportSecurity: false,
} as const;

const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Muster',
    version: '1',
    description: 'Events from HR systems in; people, access and approvals out. Problems are RFC 9457 documents.',
  },
  components: {
    securitySchemes: {
      webhook: {
        type: 'apiKey',
        in: 'header',
        name: 'webhook-signature',
        description: 'Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature over the raw body',
      },
      token: { type: 'http', scheme: 'bearer', description: 'npx muster token create' },
    },
  },
} as const;

/** The HTTP interface, not listening yet. */
export async function createGateway(context: GatewayContext): Promise<GatewayApp> {
  const app = fastify({
    bodyLimit,
    trustProxy: context.trustedProxies.length === 0 ? false : [...context.trustedProxies],
    requestTimeout: slowestMs,
    connectionTimeout: 15_000,
    http: { headersTimeout: slowestMs, connectionsCheckingInterval: 500 },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 256 },
    rewriteUrl: ({ url = '/' }) => scimUrl(url),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, context.onError));
  // A content type that no part asks for is not parsed.
  app.removeAllContentTypeParsers();
  const routes = rememberRoutes(app);
  app.setNotFoundHandler((request, reply) => answerUnknown(routes, request, reply));

  await app.register(helmet, securityHeaders);
  const limits = createLimits(context.limit, context.now);
  addRequestHooks(app, { ...context, limits }, routes);
  await app.register(swagger, { openapi, transform: jsonSchemaTransform });
  for (const part of parts)
    await app.register(async (scope) => part(scope.withTypeProvider<ZodTypeProvider>(), { ...context, limits }));
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}

function addRequestHooks(app: GatewayApp, context: Parameters<GatewayPart>[1], routes: KnownRoutes): void {
  const logEnd = createRequestLog(context);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (!isAboutHealth(request.url)) {
      const caller = await recognizeCaller(context, request);
      if (caller !== undefined) context.limits.countSource(senderOf(caller));
      // Of a signed request the sender is known once its body was read.
      else if (!takesSignature(request)) context.limits.countAddress(request);
      if (context.isDraining()) throw new HttpProblem(503, 'the gateway is stopping: send it again');
    }
    // Before the body is read.
    if (request.is404) {
      return isScim(request.url) ? answerScimUnknown(routes, request, reply) : answerUnknown(routes, request, reply);
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { method } = request;
    context.metrics.requests.inc({ route, method, status: String(reply.statusCode) });
    logEnd(request, reply.statusCode);
    context.metrics.durations.observe({ route, method }, reply.elapsedTime / 1_000);
  });
}

const isAboutHealth = (url: string): boolean => /^\/(livez|readyz)(\/|\?|$)/.test(url);
