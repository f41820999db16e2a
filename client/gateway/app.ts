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
import { answerUnknown, rememberRoutes } from './methods.ts';
import { answerError, HttpProblem } from './problems.ts';

/** The parts of the HTTP interface. Each is a scope of its own: a parser or hook of one is not that of another. */
const parts: readonly GatewayPart[] = [healthRoutes, eventRoutes, readRoutes, approvalRoutes, scimPlugin];

/** Above a full HR record, far below what a run's history takes. */
const bodyLimit = 256 * 1_024;

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The HTTP interface, not listening yet. */
export async function createGateway(context: GatewayContext): Promise<GatewayApp> {
  const app = fastify({
    bodyLimit,
    // A sender that trickles its request holds a connection, not the gateway.
    requestTimeout: 10_000,
    connectionTimeout: 15_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 256 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, context.onError));
  // What no part asks for is not parsed.
  app.removeAllContentTypeParsers();
  const routes = rememberRoutes(app);
  app.setNotFoundHandler((request, reply) => answerUnknown(routes, request, reply));

  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders);
    if (!isAboutHealth(request.url)) {
      const waitS = context.limits.take(request.ip);
      if (waitS > 0)
        throw new HttpProblem(429, `too many requests: again in ${waitS} s`, { 'retry-after': `${waitS}` });
      if (context.isDraining()) throw new HttpProblem(503, 'the gateway is stopping: send it again');
    }
    // Before anything of the body is looked at.
    if (request.is404) {
      return isScim(request.url) ? answerScimUnknown(routes, request, reply) : answerUnknown(routes, request, reply);
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const labels = { route, method: request.method, status: String(reply.statusCode) };
    context.metrics.count('muster_gateway_requests_total', labels);
    context.metrics.observe({ route, method: request.method }, reply.elapsedTime / 1_000);
  });

  await app.register(swagger, {
    openapi: {
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
    },
    transform: jsonSchemaTransform,
  });
  for (const part of parts)
    await app.register(async (scope) => part(scope.withTypeProvider<ZodTypeProvider>(), context));
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app;
}

const isAboutHealth = (url: string): boolean => /^\/(livez|readyz)(\/|\?|$)/.test(url);
