import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
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
import { eventRoutes } from './eventRoutes.ts';
import { healthRoutes } from './health.ts';
import { readRoutes } from './readRoutes.ts';
import { answerScimUnknown, isScim, scimPlugin } from './scim/plugin.ts';
import { answerUnknown, rememberRoutes, type KnownRoutes } from './methods.ts';
import { answerError, HttpProblem } from './problems.ts';

/** The parts of the HTTP interface. Each is a scope of its own: parsers and hooks are not shared. */
const parts: readonly GatewayPart[] = [healthRoutes, eventRoutes, readRoutes, approvalRoutes, scimPlugin];

/** More than a full HR record, far less than what a run's history takes. */
const bodyLimit = 256 * 1_024;
const keptCallers = 10_000;

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
    // A slow request holds a connection, not the gateway.
    requestTimeout: 10_000,
    connectionTimeout: 15_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 256 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, context.onError));
  // A content type that no part asks for is not parsed.
  app.removeAllContentTypeParsers();
  const routes = rememberRoutes(app);
  app.setNotFoundHandler((request, reply) => answerUnknown(routes, request, reply));

  await app.register(helmet, securityHeaders);
  await addRequestHooks(app, context, routes);
  await app.register(swagger, { openapi, transform: jsonSchemaTransform });
  for (const part of parts)
    await app.register(async (scope) => part(scope.withTypeProvider<ZodTypeProvider>(), context));
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}

async function addRequestHooks(app: GatewayApp, context: GatewayContext, routes: KnownRoutes): Promise<void> {
  await app.register(rateLimit, { ...context.limits, global: false, cache: keptCallers });
  // Called here and not by its own hook, which unknown addresses would not reach.
  const countRequest = app.createRateLimit();
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (!isAboutHealth(request.url)) {
      const limit = await countRequest(request);
      if (!limit.isAllowed && limit.isExceeded) {
        const headers = { 'retry-after': `${limit.ttlInSeconds}` };
        throw new HttpProblem(429, `too many requests: again in ${limit.ttlInSeconds} s`, headers);
      }
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
    context.metrics.durations.observe({ route, method }, reply.elapsedTime / 1_000);
  });
}

const isAboutHealth = (url: string): boolean => /^\/(livez|readyz)(\/|\?|$)/.test(url);
