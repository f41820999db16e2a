import { createHash, randomUUID } from 'node:crypto';

import { auditCall } from './audit.ts';
import { readRelated, readResource, readText, requireText } from '../body.ts';
import type { Fields } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { AuthnMapping, State } from '../model.ts';
import { containsText, pageOf, sortItems } from '../paging.ts';
import { reference, renderIncludedRole, timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

/** Equal pairs of key and value share an assertion attribute. */
function attributeId({ attributeKey, attributeValue }: AuthnMapping): string {
  const hash = createHash('sha256').update(`${attributeKey}=${attributeValue}`).digest('hex');
  return String(Number.parseInt(hash.slice(0, 8), 16) % 100_000);
}

function renderMapping(mapping: AuthnMapping): Json {
  const id = attributeId(mapping);
  return {
    type: 'authn_mappings',
    id: mapping.id,
    attributes: {
      saml_assertion_attribute_id: id,
      attribute_key: mapping.attributeKey,
      attribute_value: mapping.attributeValue,
      created_at: timestamp(mapping.createdAt),
      modified_at: timestamp(mapping.modifiedAt),
    },
    relationships: {
      saml_assertion_attribute: { data: reference('saml_assertion_attributes', id) },
      role: { data: mapping.roleId === null ? null : reference('roles', mapping.roleId) },
      team: { data: mapping.teamId === null ? null : reference('team', mapping.teamId) },
    },
  };
}

/** The attributes, roles and teams of the mappings, each once. */
function includedOf(state: State, mappings: readonly AuthnMapping[]): { included?: Json[] } {
  const included = new Map<string, Json>();
  for (const mapping of mappings) {
    const { attributeKey: attribute_key, attributeValue: attribute_value } = mapping;
    const id = attributeId(mapping);
    included.set(`attribute ${id}`, {
      ...reference('saml_assertion_attributes', id),
      attributes: { attribute_key, attribute_value },
    });
    const role = state.roles.get(mapping.roleId ?? '');
    if (role !== undefined) included.set(role.id, renderIncludedRole(role));
    const team = state.teams.get(mapping.teamId ?? '');
    if (team !== undefined) {
      const { name, handle, avatar, banner, summary } = team;
      const attributes = { name, handle, avatar, banner, summary, link_count: 0, user_count: team.memberships.length };
      included.set(team.id, { ...reference('team', team.id), attributes });
    }
  }
  return included.size > 0 ? { included: [...included.values()] } : {};
}

function mappingReply(state: State, mapping: AuthnMapping): Reply {
  return { status: 200, body: { data: renderMapping(mapping), ...includedOf(state, [mapping]) } };
}

function findMapping(call: Call): AuthnMapping {
  const id = call.params['authn_mapping_id'] ?? '';
  const mapping = call.state.authnMappings.get(id);
  if (mapping === undefined) throw textError(404, `Mapping with id ${id} not found`);
  return mapping;
}

function listMappings(call: Call): Reply {
  const { state, query } = call;
  const type = query.get('resource_type') ?? 'role';
  const ofType = [...state.authnMappings.values()].filter(
    (mapping) => (type === 'team' ? mapping.teamId : mapping.roleId) !== null,
  );
  const selected = ofType.filter((mapping) => {
    const role = state.roles.get(mapping.roleId ?? '')?.name ?? null;
    return containsText(query.get('filter'), mapping.attributeKey, mapping.attributeValue, role);
  });
  const keys = {
    created_at: (mapping: AuthnMapping) => mapping.createdAt,
    role_id: (mapping: AuthnMapping) => mapping.roleId ?? '',
    saml_assertion_attribute_id: attributeId,
    'saml_assertion_attribute.attribute_key': (mapping: AuthnMapping) => mapping.attributeKey,
    'saml_assertion_attribute.attribute_value': (mapping: AuthnMapping) => mapping.attributeValue,
  };
  const { items } = pageOf(query, sortItems(query, selected, keys, 'created_at'));
  return {
    status: 200,
    body: {
      data: items.map(renderMapping),
      ...includedOf(state, items),
      meta: { page: { total_count: ofType.length, total_filtered_count: selected.length } },
    },
  };
}

interface Target {
  readonly roleId: string | null;
  readonly teamId: string | null;
}

/** Undefined where the request names neither; both is 400. */
function readTarget(state: State, relationships: Fields): Target | undefined {
  const [roleId = null] = readRelated(relationships, 'role', 'roles');
  const [teamId = null] = readRelated(relationships, 'team', 'team');
  if (roleId === null && teamId === null) return undefined;
  if (roleId !== null && teamId !== null) throw textError(400, 'Invalid input: give a role or a team, not both');
  if (roleId !== null && !state.roles.has(roleId)) throw textError(404, `${roleId} not found`);
  if (teamId !== null && !state.teams.has(teamId)) throw textError(404, `Team for ID ${teamId} not found`);
  return { roleId, teamId };
}

function createMapping(call: Call): Reply {
  const { attributes, relationships } = readResource(call.body, 'authn_mappings');
  const attributeKey = requireText(attributes, 'attribute_key');
  const attributeValue = requireText(attributes, 'attribute_value');
  const target = readTarget(call.state, relationships);
  if (target === undefined) throw textError(400, 'Invalid input: relationships.role or relationships.team is required');
  const mapping: AuthnMapping = {
    id: randomUUID(),
    attributeKey,
    attributeValue,
    createdAt: call.now,
    modifiedAt: call.now,
    ...target,
  };
  call.state.authnMappings.set(mapping.id, mapping);
  auditCall(call, 'Access Management', 'created', 'authn_mapping', mapping.id);
  return mappingReply(call.state, mapping);
}

function updateMapping(call: Call): Reply {
  const mapping = findMapping(call);
  const { id, attributes, relationships } = readResource(call.body, 'authn_mappings');
  if (id !== mapping.id) throw textError(422, 'The id of the request body does not match the URL');
  const key = readText(attributes, 'attribute_key');
  const value = readText(attributes, 'attribute_value');
  const target = readTarget(call.state, relationships);
  if (key !== undefined) mapping.attributeKey = key;
  if (value !== undefined) mapping.attributeValue = value;
  if (target !== undefined) Object.assign(mapping, target);
  mapping.modifiedAt = call.now;
  return mappingReply(call.state, mapping);
}

function deleteMapping(call: Call): Reply {
  const mapping = findMapping(call);
  call.state.authnMappings.delete(mapping.id);
  auditCall(call, 'Access Management', 'deleted', 'authn_mapping', mapping.id);
  return { status: 204 };
}

const list = '/api/v2/authn_mappings';
const one = `${list}/{authn_mapping_id}`;
const read = anyOf('user_access_read');
const manage = anyOf('user_access_manage');

export const authnMappingRoutes: readonly Route[] = [
  { method: 'GET', pattern: list, permission: read, handler: listMappings },
  { method: 'POST', pattern: list, permission: manage, handler: createMapping },
  { method: 'GET', pattern: one, permission: read, handler: (call) => mappingReply(call.state, findMapping(call)) },
  { method: 'PATCH', pattern: one, permission: manage, handler: updateMapping },
  { method: 'DELETE', pattern: one, permission: manage, handler: deleteMapping },
];
