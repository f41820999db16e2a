import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayApp } from './context.ts';
import { sendProblem } from './problems.ts';

/** The methods of each path, so that a wrong method is told from a wrong path. */
export type KnownRoutes = Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>;

export function rememberRoutes(app: Pick<GatewayApp, 'addHook'>): KnownRoutes {
  const routes: KnownRoutes = new Map();
  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const one of [method].flat()) known.methods.add(one);
    routes.set(url, known);
  });
  return routes;
}

export function answerUnknown(routes: KnownRoutes, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const allowed = allowedAt(routes, request.url);
  if (allowed === undefined) return sendProblem(reply, 404, 'there is nothing at this address');
  void reply.header('allow', allowed);
  return sendProblem(reply, 405, `${request.method} is not a method of this address`);
}

/** What the header `allow` says of an address; undefined where there is nothing. */
export function allowedAt(routes: KnownRoutes, url: string): string | undefined {
  const [path = ''] = url.split('?');
  const allowed = [...routes.values()]
    .filter(({ pattern }) => pattern.test(path))
    .flatMap(({ methods }) => [...methods]);
  return allowed.length === 0 ? undefined : [...new Set(allowed)].toSorted().join(', ');
}

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .replaceAll(/[.\\+^$()[\]{}|?]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`,
  );
