import { randomUUID } from 'node:crypto';

import { auditCall } from './audit.ts';
import { readResource, readScopes, readText, requireText } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import { createdWithin } from './keyFilters.ts';
import type { AppKey, Role, State, User } from '../model.ts';
import { containsText, pageOf, sortItems } from '../paging.ts';
import { reference, renderIncludedRole, renderUser, timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Permission, Route } from '../router.ts';
import { findServiceAccount } from './serviceAccounts.ts';
import { newAppKeySecret } from '../userState.ts';

/** Application keys are reached on three ways; what each shows differs. */
interface View {
  readonly withSecret: boolean;
  readonly withOwner: boolean;
  /** A new key was never used, and does not say so. */
  readonly isNew?: boolean;
}

function renderAppKey(key: AppKey, view: View): Json {
  return {
    type: 'application_keys',
    id: key.id,
    attributes: {
      name: key.name,
      created_at: timestamp(key.createdAt),
      last4: key.key.slice(-4),
      ...(view.withSecret ? { key: key.key } : {}),
      scopes: key.scopes,
      ...(view.isNew === true ? {} : { last_used_at: key.lastUsedAt === null ? null : timestamp(key.lastUsedAt) }),
    },
    relationships: {
      ...(view.withOwner ? { owned_by: { data: reference('users', key.ownerId) } } : {}),
      leak_information: { data: null },
    },
  };
}

interface Access {
  readonly base: string;
  /** Undefined: the whole organization. */
  readonly ownerOf: (call: Call) => string | undefined;
  readonly read: Permission;
  readonly write: Permission;
  readonly listed: View;
  readonly single: View;
  readonly includesOwner: boolean;
}

function findAppKey(call: Call, access: Access): AppKey {
  const ownerId = access.ownerOf(call);
  const key = call.state.appKeys.get(call.params['app_key_id'] ?? '');
  if (key === undefined || (ownerId !== undefined && key.ownerId !== ownerId))
    throw textError(404, 'Application key not found');
  return key;
}

function includedOwners(call: Call, keys: readonly AppKey[], wanted: boolean): { included?: Json[] } {
  if (!wanted && call.query.get('include') !== 'owned_by') return {};
  const users = [...new Set(keys.map((key) => key.ownerId))].flatMap((id) => call.state.users.get(id) ?? []);
  if (users.length === 0) return {};
  const roleIds = new Set(users.flatMap((user) => user.roleIds));
  const roles = [...roleIds].flatMap((id) => call.state.roles.get(id) ?? []);
  return { included: [...users.map((user) => renderOwner(call.state, user)), ...roles.map(renderBareRole)] };
}

/** An owner is shown without the organization, a role of an owner without its permissions. */
function renderOwner(state: State, user: User): Json {
  const roles = user.roleIds.map((id) => reference('roles', id));
  return { ...renderUser(state, user, { withMfa: false }), relationships: { roles: { data: roles } } };
}

function renderBareRole(role: Role): Json {
  const { type, id, attributes } = renderIncludedRole(role);
  return { type, id, attributes };
}

function listAppKeys(call: Call, access: Access): Reply {
  const { state, query } = call;
  const ownerId = access.ownerOf(call) ?? query.get('filter[owned_by]');
  const selected = [...state.appKeys.values()].filter(
    (key) =>
      (ownerId === null || key.ownerId === ownerId) &&
      containsText(query.get('filter'), key.name, key.key.slice(-4)) &&
      createdWithin(query, key.createdAt),
  );
  const keys = {
    name: (key: AppKey) => key.name.toLowerCase(),
    created_at: (key: AppKey) => key.createdAt,
    last4: (key: AppKey) => key.key.slice(-4),
  };
  // Without a page size the real one returns a hundred, not the ten of its documentation.
  const { items } = pageOf(query, sortItems(query, selected, keys, 'name'), 100);
  return {
    status: 200,
    body: {
      data: items.map((key) => renderAppKey(key, access.listed)),
      ...includedOwners(call, items, false),
      meta: { page: { total_filtered_count: selected.length }, max_allowed_per_user: 1000 },
    },
  };
}

function createAppKey(call: Call, ownerId: string): Reply {
  const { attributes } = readResource(call.body, 'application_keys');
  const key: AppKey = {
    id: randomUUID(),
    key: newAppKeySecret(),
    ownerId,
    name: requireText(attributes, 'name'),
    createdAt: call.now,
    lastUsedAt: null,
    scopes: readScopes(attributes) ?? null,
  };
  call.state.appKeys.set(key.id, key);
  auditCall(call, 'Authentication', 'created', 'application_key', key.id);
  return { status: 201, body: { data: renderAppKey(key, { withSecret: true, withOwner: true, isNew: true }) } };
}

function getAppKey(call: Call, access: Access): Reply {
  const key = findAppKey(call, access);
  return {
    status: 200,
    body: { data: renderAppKey(key, access.single), ...includedOwners(call, [key], access.includesOwner) },
  };
}

function updateAppKey(call: Call, access: Access): Reply {
  const key = findAppKey(call, access);
  const { id, attributes } = readResource(call.body, 'application_keys');
  if (id !== undefined && id !== key.id) throw textError(422, 'The id of the request body does not match the URL');
  const name = readText(attributes, 'name');
  const scopes = readScopes(attributes);
  if (name !== undefined) key.name = name;
  if (scopes !== undefined) key.scopes = scopes;
  return { status: 200, body: { data: renderAppKey(key, access.single) } };
}

function deleteAppKey(call: Call, access: Access): Reply {
  const key = findAppKey(call, access);
  call.state.appKeys.delete(key.id);
  auditCall(call, 'Authentication', 'deleted', 'application_key', key.id);
  return { status: 204 };
}

function routesOf(access: Access): Route[] {
  const one = `${access.base}/{app_key_id}`;
  return [
    { method: 'GET', pattern: access.base, permission: access.read, handler: (call) => listAppKeys(call, access) },
    { method: 'GET', pattern: one, permission: access.read, handler: (call) => getAppKey(call, access) },
    { method: 'PATCH', pattern: one, permission: access.write, handler: (call) => updateAppKey(call, access) },
    { method: 'DELETE', pattern: one, permission: access.write, handler: (call) => deleteAppKey(call, access) },
  ];
}

const ofOrganization: Access = {
  base: '/api/v2/application_keys',
  ownerOf: () => undefined,
  read: anyOf('org_app_keys_read'),
  write: anyOf('org_app_keys_write'),
  listed: { withSecret: false, withOwner: true },
  single: { withSecret: false, withOwner: true },
  includesOwner: false,
};

const ofCurrentUser: Access = {
  base: '/api/v2/current_user/application_keys',
  ownerOf: (call) => call.actor.id,
  read: anyOf('user_app_keys'),
  write: anyOf('user_app_keys'),
  listed: { withSecret: false, withOwner: false },
  single: { withSecret: true, withOwner: true },
  includesOwner: true,
};

const ofServiceAccount: Access = {
  base: '/api/v2/service_accounts/{service_account_id}/application_keys',
  ownerOf: (call) => findServiceAccount(call).id,
  read: anyOf('service_account_write'),
  write: anyOf('service_account_write'),
  listed: { withSecret: false, withOwner: false },
  single: { withSecret: false, withOwner: false },
  includesOwner: false,
};

export const appKeyRoutes: readonly Route[] = [
  ...[ofOrganization, ofCurrentUser, ofServiceAccount].flatMap(routesOf),
  {
    method: 'POST',
    pattern: ofCurrentUser.base,
    permission: ofCurrentUser.write,
    handler: (call) => createAppKey(call, call.actor.id),
  },
  {
    method: 'POST',
    pattern: ofServiceAccount.base,
    permission: ofServiceAccount.write,
    handler: (call) => createAppKey(call, findServiceAccount(call).id),
  },
];
