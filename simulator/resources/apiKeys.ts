import { randomUUID } from 'node:crypto';

import { auditCall } from './audit.ts';
import { readBoolean, readResource, readText, requireText } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import { createdWithin } from './keyFilters.ts';
import type { ApiKey } from '../model.ts';
import { containsText, pageOf, sortItems } from '../paging.ts';
import { reference, renderUser, timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { newApiKeySecret } from '../userState.ts';

const dayMs = 86_400_000;
const lastUsedText = 'When this key was last used in the past ninety (90) days, null without recent use';

interface View {
  /** The secret comes back on creation and on single reads, never in lists. */
  readonly withSecret: boolean;
  readonly withUse: boolean;
}

function renderApiKey(key: ApiKey, now: string, view: View): Json {
  const used = key.lastUsedAt === null ? null : timestamp(key.lastUsedAt);
  const use = {
    date_last_used: used,
    used_in_last_24_hours: key.lastUsedAt !== null && Date.parse(now) - Date.parse(key.lastUsedAt) < dayMs,
    last_used_date: { timestamp: used, description: lastUsedText },
  };
  return {
    type: 'api_keys',
    id: key.id,
    attributes: {
      created_at: timestamp(key.createdAt),
      ...(view.withSecret ? { key: key.key } : {}),
      last4: key.key.slice(-4),
      modified_at: timestamp(key.modifiedAt),
      remote_config_read_enabled: key.remoteConfigReadEnabled,
      category: key.category,
      name: key.name,
      ...(view.withUse ? use : {}),
    },
    relationships: {
      created_by: { data: reference('users', key.createdBy) },
      modified_by: { data: reference('users', key.modifiedBy) },
      leak_information: { data: null },
    },
  };
}

function findApiKey(call: Call): ApiKey {
  const key = call.state.apiKeys.get(call.params['api_key_id'] ?? '');
  if (key === undefined) throw textError(404, 'API key not found');
  return key;
}

/** `include=created_by,modified_by`. */
function includedUsers(call: Call, keys: readonly ApiKey[]): { included?: Json[] } {
  const wanted = call.query.get('include')?.split(',') ?? [];
  const ids = new Set<string>();
  for (const key of keys) {
    if (wanted.includes('created_by')) ids.add(key.createdBy);
    if (wanted.includes('modified_by')) ids.add(key.modifiedBy);
  }
  const users = [...ids].flatMap((id) => call.state.users.get(id) ?? []);
  return users.length > 0 ? { included: users.map((user) => renderUser(call.state, user, { withMfa: false })) } : {};
}

function listApiKeys(call: Call): Reply {
  const { state, query, now } = call;
  const category = query.get('filter[category]');
  const selected = [...state.apiKeys.values()].filter(
    (key) =>
      containsText(query.get('filter'), key.name, key.key.slice(-4)) &&
      (category === null || key.category === category) &&
      createdWithin(query, key.createdAt),
  );
  const keys = {
    name: (key: ApiKey) => key.name.toLowerCase(),
    created_at: (key: ApiKey) => key.createdAt,
    last4: (key: ApiKey) => key.key.slice(-4),
    modified_at: (key: ApiKey) => key.modifiedAt,
  };
  const { items } = pageOf(query, sortItems(query, selected, keys, 'name'));
  return {
    status: 200,
    body: {
      data: items.map((key) => renderApiKey(key, now, { withSecret: false, withUse: true })),
      ...includedUsers(call, items),
      meta: { page: { total_filtered_count: selected.length }, max_allowed: 200 },
    },
  };
}

function createApiKey(call: Call): Reply {
  const { attributes } = readResource(call.body, 'api_keys');
  const key: ApiKey = {
    id: randomUUID(),
    key: newApiKeySecret(),
    name: requireText(attributes, 'name'),
    category: readText(attributes, 'category') ?? 'default',
    remoteConfigReadEnabled: readBoolean(attributes, 'remote_config_read_enabled') ?? true,
    createdAt: call.now,
    modifiedAt: call.now,
    createdBy: call.actor.id,
    modifiedBy: call.actor.id,
    lastUsedAt: null,
  };
  call.state.apiKeys.set(key.id, key);
  auditCall(call, 'Authentication', 'created', 'api_key', key.id);
  return { status: 201, body: { data: renderApiKey(key, call.now, { withSecret: true, withUse: false }) } };
}

function getApiKey(call: Call): Reply {
  const key = findApiKey(call);
  return {
    status: 200,
    body: { data: renderApiKey(key, call.now, { withSecret: true, withUse: true }), ...includedUsers(call, [key]) },
  };
}

function updateApiKey(call: Call): Reply {
  const key = findApiKey(call);
  const { id, attributes } = readResource(call.body, 'api_keys');
  if (id !== undefined && id !== key.id) throw textError(422, 'The id of the request body does not match the URL');
  key.name = requireText(attributes, 'name');
  key.category = readText(attributes, 'category') ?? key.category;
  key.remoteConfigReadEnabled = readBoolean(attributes, 'remote_config_read_enabled') ?? key.remoteConfigReadEnabled;
  key.modifiedAt = call.now;
  key.modifiedBy = call.actor.id;
  return { status: 200, body: { data: renderApiKey(key, call.now, { withSecret: true, withUse: false }) } };
}

function deleteApiKey(call: Call): Reply {
  const key = findApiKey(call);
  call.state.apiKeys.delete(key.id);
  auditCall(call, 'Authentication', 'deleted', 'api_key', key.id);
  return { status: 204 };
}

const one = '/api/v2/api_keys/{api_key_id}';

export const apiKeyRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v2/api_keys', permission: anyOf('api_keys_read'), handler: listApiKeys },
  { method: 'POST', pattern: '/api/v2/api_keys', permission: anyOf('api_keys_write'), handler: createApiKey },
  { method: 'GET', pattern: one, permission: anyOf('api_keys_read'), handler: getApiKey },
  { method: 'PATCH', pattern: one, permission: anyOf('api_keys_write'), handler: updateApiKey },
  { method: 'DELETE', pattern: one, permission: anyOf('api_keys_delete'), handler: deleteApiKey },
];
