import { isObject, readBoolean, readResource } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { IdentityProvider, OrgConfig } from '../model.ts';
import { reference, renderOrg, timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf, open } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { findUser } from './users.ts';

function renderConfig(config: OrgConfig): Json {
  const { id, name, description, valueType: value_type, value } = config;
  const modified_at = config.modifiedAt === null ? null : timestamp(config.modifiedAt);
  return { type: 'org_configs', id, attributes: { name, description, value_type, value, modified_at } };
}

function findConfig(call: Call): OrgConfig {
  const name = call.params['org_config_name'] ?? '';
  const config = call.state.orgConfigs.get(name);
  if (config === undefined) throw textError(404, `OrgConfig: ${name} not found`);
  return config;
}

function listConfigs(call: Call): Reply {
  return { status: 200, body: { data: [...call.state.orgConfigs.values()].map(renderConfig) } };
}

function updateConfig(call: Call): Reply {
  const config = findConfig(call);
  const { value } = readResource(call.body, 'org_configs').attributes;
  if (!isValid(config, value))
    throw textError(400, `The value provided for parameter 'OrgConfig: ${config.name}' is invalid`);
  config.value = value;
  config.modifiedAt = call.now;
  return { status: 200, body: { data: renderConfig(config) } };
}

function isValid(config: OrgConfig, value: unknown): boolean {
  const expected = { bool: 'boolean', string: 'string', number: 'number' }[config.valueType];
  if (typeof value !== expected) return false;
  return config.name !== 'monitor_timezone' || isTimeZone(String(value));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function listOrgs(call: Call): Reply {
  const { org } = call.state;
  const current = reference('orgs', org.id);
  const relationships = { current_org: { data: current }, managed_orgs: { data: [current] } };
  return {
    status: 200,
    body: { data: { type: 'managed_orgs', id: org.id, relationships }, included: [renderOrg(call.state)] },
  };
}

function renderProvider(provider: IdentityProvider): Json {
  const attributes = { authentication_method: provider.method, enabled: provider.enabled };
  return { type: 'identity_providers', id: provider.id, attributes };
}

function listProviders(call: Call): Reply {
  return { status: 200, body: { data: [...call.state.identityProviders.values()].map(renderProvider) } };
}

/** With Google login on, invitations are of the type `openid_invite`. */
function updateProvider(call: Call): Reply {
  const id = call.params['idp_id'] ?? '';
  const provider = call.state.identityProviders.get(id);
  if (provider === undefined) throw textError(404, `${id} not found`);
  const { attributes } = readResource(call.body, 'identity_providers');
  provider.enabled = readBoolean(attributes, 'enabled') ?? provider.enabled;
  return { status: 200, body: { data: renderProvider(provider) } };
}

function listUserProviders(call: Call): Reply {
  findUser(call.state, call.params['user_id'] ?? '');
  return { status: 200, body: { data: [] } };
}

/** Never on: the simulator is reached from loopback only. */
function getAllowlist(call: Call): Reply {
  return {
    status: 200,
    body: { data: { type: 'ip_allowlist', id: call.state.org.id, attributes: { enabled: false, entries: [] } } },
  };
}

function updateAllowlist(call: Call): Reply {
  const { attributes } = readResource(call.body, 'ip_allowlist');
  const entries = attributes['entries'];
  const present = Array.isArray(entries) && entries.every(isObject);
  if (readBoolean(attributes, 'enabled') === true && !present) {
    throw textError(400, 'Cannot enable or keep enabled an IP Allowlist without the current IP address in it');
  }
  return getAllowlist(call);
}

function emptyList(): Reply {
  return { status: 200, body: { data: [] } };
}

const manage = anyOf('org_management');

export const orgRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/api/v2/org',
    permission: anyOf('org_management', 'org_connections_write'),
    handler: listOrgs,
  },
  { method: 'GET', pattern: '/api/v2/org_configs', permission: open, handler: listConfigs },
  {
    method: 'GET',
    pattern: '/api/v2/org_configs/{org_config_name}',
    permission: open,
    handler: (call) => ({ status: 200, body: { data: renderConfig(findConfig(call)) } }),
  },
  { method: 'PATCH', pattern: '/api/v2/org_configs/{org_config_name}', permission: manage, handler: updateConfig },
  {
    method: 'GET',
    pattern: '/api/v2/identity_providers',
    permission: anyOf('org_management', 'user_access_manage'),
    handler: listProviders,
  },
  {
    method: 'GET',
    pattern: '/api/v2/users/{user_id}/identity_providers',
    permission: anyOf('user_access_manage'),
    handler: listUserProviders,
  },
  { method: 'PATCH', pattern: '/api/v2/identity_providers/{idp_id}', permission: manage, handler: updateProvider },
  { method: 'GET', pattern: '/api/v2/ip_allowlist', permission: manage, handler: getAllowlist },
  { method: 'PATCH', pattern: '/api/v2/ip_allowlist', permission: manage, handler: updateAllowlist },
  { method: 'GET', pattern: '/api/v2/cloud_auth/aws/persona_mapping', permission: open, handler: emptyList },
  { method: 'GET', pattern: '/api/v2/cloud_auth/github/persona_mapping', permission: open, handler: emptyList },
  {
    method: 'GET',
    pattern: '/api/v2/org_connections',
    permission: anyOf('org_connections_read'),
    handler: () => ({ status: 200, body: { data: [], meta: { page: { total_count: 0, total_filtered_count: 0 } } } }),
  },
];
