import type { IncomingHttpHeaders } from 'node:http';

import { edgeForbidden, forbidden, lacksPermission, textError } from './errors.ts';
import type { ApiKey, AppKey, State, Token, User } from './model.ts';
import { permissionsById } from './resources/permissions.ts';
import type { Permission, Route } from './router.ts';

export interface Identity {
  readonly actor: User;
  readonly appKey: AppKey | undefined;
  readonly apiKey: ApiKey | undefined;
  readonly permissions: ReadonlySet<string>;
}

/**
 * The caller. Reads `DD-API-KEY` and `DD-APPLICATION-KEY`, or a `ddpat_`/`ddsat_` token as the
 * application key or as `Authorization: Bearer` (which needs no API key).
 * @throws ApiError 401 without credentials, 403 with wrong ones.
 */
export function authenticate(state: State, headers: IncomingHttpHeaders, now: string): Identity {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return identifyToken(state, bearer, now, undefined);
  const apiSecret = textOf(headers['dd-api-key']);
  const appSecret = textOf(headers['dd-application-key']);
  if (apiSecret === '' || appSecret === '') throw textError(401, 'Unauthorized');
  const apiKey = useApiKey(state, apiSecret, now);
  if (/^dd(pat|sat)_/.test(appSecret)) return identifyToken(state, appSecret, now, apiKey);
  const appKey = state.appKeys.values().find((candidate) => candidate.key === appSecret);
  const actor = appKey === undefined ? undefined : state.users.get(appKey.ownerId);
  if (appKey === undefined || actor === undefined || actor.disabled) throw forbidden();
  appKey.lastUsedAt = now;
  return { actor, appKey, apiKey, permissions: effectivePermissions(state, actor, appKey.scopes) };
}

/** The probe `GET /api/v1/validate` knows only the API key and has its own errors. */
export function authenticateApiKey(state: State, headers: IncomingHttpHeaders, now: string): ApiKey {
  const secret = textOf(headers['dd-api-key']);
  if (secret === '') throw textError(403, 'API key required');
  const key = findApiKey(state, secret);
  if (key === undefined) throw edgeForbidden();
  key.lastUsedAt = now;
  return key;
}

function useApiKey(state: State, secret: string, now: string): ApiKey {
  const key = findApiKey(state, secret);
  if (key === undefined) throw forbidden();
  key.lastUsedAt = now;
  return key;
}

function findApiKey(state: State, secret: string): ApiKey | undefined {
  return state.apiKeys.values().find((candidate) => candidate.key === secret);
}

function identifyToken(state: State, secret: string, now: string, apiKey: ApiKey | undefined): Identity {
  const token = state.tokens.values().find((candidate) => candidate.key === secret);
  const actor = token === undefined ? undefined : state.users.get(token.ownerId);
  if (token === undefined || actor === undefined || actor.disabled || isExpired(token, now)) throw forbidden();
  token.lastUsedAt = now;
  return { actor, appKey: undefined, apiKey, permissions: effectivePermissions(state, actor, token.scopes) };
}

function isExpired(token: Token, now: string): boolean {
  return token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.parse(now);
}

function textOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

/** What the owner's roles allow, cut down to the scopes of the key; null scopes cut nothing. */
function effectivePermissions(state: State, owner: User, scopes: readonly string[] | null): Set<string> {
  const allowed = new Set<string>();
  for (const roleId of owner.roleIds) {
    for (const id of state.roles.get(roleId)?.permissionIds ?? []) {
      const name = permissionsById.get(id)?.name;
      if (name !== undefined && (scopes === null || scopes.includes(name))) allowed.add(name);
    }
  }
  return allowed;
}

/** @throws ApiError 403 that, as the real one, does not say which permission is missing. */
export function authorize(route: Route, permissions: ReadonlySet<string>): void {
  if (!isAllowed(route.permission, permissions)) throw lacksPermission();
}

function isAllowed(permission: Permission, held: ReadonlySet<string>): boolean {
  if ('open' in permission) return true;
  if ('allOf' in permission) return permission.allOf.every((name) => held.has(name));
  return permission.anyOf.some((name) => held.has(name));
}
