import type { FastifyRequest } from 'fastify';
import type { GatewayContext } from './context.ts';

/** Who was refused and who did something privileged, and from where. Nothing of the request itself: it may hold a secret. */

const refusals: readonly number[] = [401, 403, 429];
const againAfterMs = 10_000;
const keptRefusals = 1_000;

/** For the end of each request. The same refusal of the same sender is logged at most every ten seconds, with their number. */
export function createRequestLog({ log, now }: Pick<GatewayContext, 'log' | 'now'>) {
  const seen = new Map<string, { readonly at: number; more: number }>();

  /** How many were not logged since the last; undefined where this one is not to be logged either. */
  function countRefusal(key: string): number | undefined {
    const at = now().getTime();
    const last = seen.get(key);
    if (last !== undefined && at - last.at < againAfterMs) {
      last.more += 1;
      return undefined;
    }
    seen.delete(key);
    seen.set(key, { at, more: 0 });
    const [oldest] = seen.keys();
    if (seen.size > keptRefusals && oldest !== undefined) seen.delete(oldest);
    return last?.more ?? 0;
  }

  return (request: FastifyRequest, status: number): void => {
    const { method, ip: from, caller } = request;
    const who = {
      token: caller?.id,
      person: caller?.personId,
      why: request.whyNobody,
      source: caller?.source ?? request.delivery?.source.name,
    };
    const what = { method, route: request.routeOptions.url ?? 'none', status, from, ...who };
    if (refusals.includes(status)) {
      const more = countRefusal(`${status} ${from} ${who.token ?? who.source ?? ''}`);
      if (more !== undefined) log('request refused', { ...what, more });
    } else if (caller !== undefined && caller.role !== 'intake') {
      log('privileged request', { ...what, role: caller.role });
    }
  };
}
