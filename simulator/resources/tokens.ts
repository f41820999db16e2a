import { randomBytes, randomUUID } from 'node:crypto';

import { auditCall } from './audit.ts';
import { readNullableText, readResource, readScopes, readText, requireText } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Token } from '../model.ts';
import { containsText, pageOf, sortItems } from '../paging.ts';
import { reference } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Permission, Route } from '../router.ts';
import { findServiceAccount } from './serviceAccounts.ts';

type Kind = Token['kind'];

const dayMs = 86_400_000;

/** The organization's list shows service tokens as personal ones. */
function renderToken(token: Token, as: Kind, withSecret: boolean): Json {
  return {
    id: token.id,
    type: as === 'personal' ? 'personal_access_tokens' : 'service_access_tokens',
    attributes: {
      created_at: token.createdAt,
      expires_at: token.expiresAt,
      ...(withSecret ? { key: token.key } : { last_used_at: token.lastUsedAt }),
      ...(token.modifiedAt === null ? {} : { modified_at: token.modifiedAt }),
      name: token.name,
      public_portion: token.publicPortion,
      scopes: token.scopes,
    },
    relationships: { owned_by: { data: reference(as === 'personal' ? 'users' : 'service_account', token.ownerId) } },
  };
}

interface Access {
  readonly base: string;
  readonly kind: Kind;
  readonly read: Permission;
  readonly write: Permission;
  readonly create: Permission;
  readonly ownerOf: (call: Call) => string;
  readonly sees: (call: Call, token: Token) => boolean;
  /** Which permission opens the tokens of others to writes. */
  readonly changes: (call: Call, token: Token) => boolean;
}

function findToken(call: Call, access: Access, allowed: Access['sees']): Token {
  const token = call.state.tokens.get(call.params['token_id'] ?? '');
  if (token === undefined || !access.sees(call, token) || !allowed(call, token))
    throw textError(404, 'Access token not found');
  return token;
}

function listTokens(call: Call, access: Access): Reply {
  const { query } = call;
  const owner = query.get('filter[owned_by]');
  const selected = [...call.state.tokens.values()].filter(
    (token) =>
      access.sees(call, token) &&
      (owner === null || owner.split(',').includes(token.ownerId)) &&
      query.get('filter[leaked]') !== 'true' &&
      containsText(query.get('filter'), token.name),
  );
  const keys = {
    name: (token: Token) => token.name.toLowerCase(),
    created_at: (token: Token) => token.createdAt,
    expires_at: (token: Token) => token.expiresAt ?? '9999',
  };
  const { items } = pageOf(query, sortItems(query, selected, keys, 'name'));
  return {
    status: 200,
    body: {
      data: items.map((token) => renderToken(token, access.kind, false)),
      meta: { page: { total_filtered_count: selected.length } },
    },
  };
}

/** Personal tokens must end after a day to a year; service tokens may last. */
function readExpiry(call: Call, text: string | null | undefined, kind: Kind): string | null {
  if (text === undefined || text === null) {
    if (kind === 'service') return null;
    throw textError(400, 'Invalid input: expires_at is required');
  }
  const inMs = Date.parse(text) - Date.parse(call.now);
  // A second of grace: the request was on its way.
  if (!(inMs >= dayMs - 1000 && inMs <= 366 * dayMs))
    throw textError(400, 'Invalid input: expires_at must be a day to a year away');
  return new Date(text).toISOString();
}

function createToken(call: Call, access: Access): Reply {
  const ownerId = access.ownerOf(call);
  const { attributes } = readResource(
    call.body,
    access.kind === 'personal' ? 'personal_access_tokens' : 'service_access_tokens',
  );
  const name = requireText(attributes, 'name');
  const scopes = readScopes(attributes);
  if (scopes === undefined || scopes === null) throw textError(400, 'Invalid input: scopes is required');
  const publicPortion = randomBytes(11).toString('hex');
  const token: Token = {
    id: randomUUID(),
    key: `${access.kind === 'personal' ? 'ddpat' : 'ddsat'}_${publicPortion}_${randomBytes(18).toString('hex')}`,
    kind: access.kind,
    publicPortion,
    ownerId,
    name,
    createdAt: call.now,
    modifiedAt: null,
    expiresAt: readExpiry(call, readNullableText(attributes, 'expires_at'), access.kind),
    lastUsedAt: null,
    scopes,
  };
  call.state.tokens.set(token.id, token);
  auditCall(call, 'Authentication', 'created', 'access_token', token.id);
  return { status: 201, body: { data: renderToken(token, access.kind, true) } };
}

function updateToken(call: Call, access: Access): Reply {
  const token = findToken(call, access, access.changes);
  const { attributes } = readResource(
    call.body,
    access.kind === 'personal' ? 'personal_access_tokens' : 'service_access_tokens',
  );
  const name = readText(attributes, 'name');
  const scopes = readScopes(attributes);
  if (name !== undefined) token.name = name;
  if (scopes !== undefined && scopes !== null) token.scopes = scopes;
  token.modifiedAt = call.now;
  return { status: 200, body: { data: renderToken(token, access.kind, false) } };
}

function deleteToken(call: Call, access: Access): Reply {
  const token = findToken(call, access, access.changes);
  call.state.tokens.delete(token.id);
  auditCall(call, 'Authentication', 'deleted', 'access_token', token.id);
  return { status: 204 };
}

const personal: Access = {
  base: '/api/v2/personal_access_tokens',
  kind: 'personal',
  read: anyOf('user_app_keys', 'org_app_keys_read'),
  write: anyOf('user_app_keys', 'org_app_keys_write'),
  create: anyOf('user_app_keys'),
  ownerOf: (call) => call.actor.id,
  sees: (call, token) => token.ownerId === call.actor.id || call.permissions.has('org_app_keys_read'),
  changes: (call, token) => token.ownerId === call.actor.id || call.permissions.has('org_app_keys_write'),
};

const service: Access = {
  base: '/api/v2/service_accounts/{service_account_id}/access_tokens',
  kind: 'service',
  read: anyOf('service_account_write'),
  write: anyOf('service_account_write'),
  create: anyOf('service_account_write'),
  ownerOf: (call) => findServiceAccount(call).id,
  sees: (call, token) => token.ownerId === findServiceAccount(call).id,
  changes: () => true,
};

function routesOf(access: Access): Route[] {
  const one = `${access.base}/{token_id}`;
  const read = (call: Call): Reply => {
    const token = findToken(call, access, () => true);
    return { status: 200, body: { data: renderToken(token, access.kind, false) } };
  };
  return [
    { method: 'GET', pattern: access.base, permission: access.read, handler: (call) => listTokens(call, access) },
    { method: 'POST', pattern: access.base, permission: access.create, handler: (call) => createToken(call, access) },
    { method: 'GET', pattern: one, permission: access.read, handler: read },
    { method: 'PATCH', pattern: one, permission: access.write, handler: (call) => updateToken(call, access) },
    { method: 'DELETE', pattern: one, permission: access.write, handler: (call) => deleteToken(call, access) },
  ];
}

export const tokenRoutes: readonly Route[] = [...routesOf(personal), ...routesOf(service)];
