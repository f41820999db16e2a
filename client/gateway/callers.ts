import type { FastifyRequest } from 'fastify';
import type { TokenRole, TokenRow } from '../../inventory/port/tokens.ts';
import { authenticate } from '../../auth/tokens.ts';
import type { GatewayContext } from './context.ts';
import { HttpProblem } from './problems.ts';

/** The caller, by their token (`npx muster token create`). */

const bearer = /^bearer +(muster_[\w-]{1,100})$/i;
const challenge = { 'www-authenticate': 'Bearer' };

/** Undefined where no token of Muster was sent; a token that is not valid is refused. */
export async function callerOf(
  { inventory, metrics, now }: Pick<GatewayContext, 'inventory' | 'metrics' | 'now'>,
  request: FastifyRequest,
): Promise<TokenRow | undefined> {
  const [, token] = bearer.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) return undefined;
  const caller = await authenticate(inventory, token, now());
  if (caller !== undefined) return caller;
  metrics.refused.inc({ reason: 'token' });
  throw new HttpProblem(401, 'the token is unknown, expired or revoked', challenge);
}

/** A hook for routes that lets in callers with one of the roles, and admins. */
export function requireRole(context: GatewayContext, ...roles: readonly TokenRole[]) {
  return async (request: FastifyRequest): Promise<void> => {
    const caller = await callerOf(context, request);
    if (caller === undefined) throw new HttpProblem(401, 'a bearer token is needed', challenge);
    if (caller.role !== 'admin' && !roles.includes(caller.role)) {
      throw new HttpProblem(403, `this takes a token of the role ${roles.join(' or ')}, not ${caller.role}`);
    }
    request.caller = caller;
  };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Present behind `requireRole`. */
    caller?: TokenRow;
  }
}
