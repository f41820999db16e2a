import type { FastifyRequest } from 'fastify';
import type { TokenRole, TokenRow } from '../../inventory/port/tokens.ts';
import { authenticate } from '../../auth/tokens.ts';
import type { GatewayContext } from './context.ts';
import { HttpProblem } from './problems.ts';

/** The caller, by their token (`npx muster token create`). */

const bearer = /^bearer +(muster_[\w-]{1,100})$/i;
const challenge = { 'www-authenticate': 'Bearer' };

/** Whose valid token came with the request. For a hook before all others. */
export async function recognizeCaller(
  { inventory, keys, now }: Pick<GatewayContext, 'inventory' | 'keys' | 'now'>,
  request: FastifyRequest,
): Promise<TokenRow | undefined> {
  const token = tokenOf(request);
  if (token === undefined) return undefined;
  const known = await authenticate({ inventory, keys }, token, now());
  if (known.ok) request.caller = known.token;
  else request.whyNobody = known.why;
  return request.caller;
}

const tokenOf = ({ headers }: FastifyRequest): string | undefined => bearer.exec(headers.authorization ?? '')?.[1];

/** Undefined where no token of Muster was sent; a token that is not valid is refused. */
export function callerOf({ metrics }: Pick<GatewayContext, 'metrics'>, request: FastifyRequest): TokenRow | undefined {
  if (request.whyNobody === undefined) return request.caller;
  metrics.refused.inc({ reason: 'token' });
  throw new HttpProblem(401, `the token proves nobody: ${request.whyNobody}`, challenge);
}

/** A hook for routes that lets in callers with one of the roles. */
export function requireRole(context: GatewayContext, ...roles: readonly TokenRole[]) {
  return async (request: FastifyRequest): Promise<void> => {
    const caller = callerOf(context, request);
    if (caller === undefined) throw new HttpProblem(401, 'a bearer token is needed', challenge);
    if (!roles.includes(caller.role)) {
      throw new HttpProblem(403, `this takes a token of the role ${roles.join(' or ')}, not ${caller.role}`);
    }
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose valid token came with the request; certainly there behind `requireRole`. */
    caller?: TokenRow;
    /** Why the token that came with it counts for nothing. */
    whyNobody?: string;
  }
}
