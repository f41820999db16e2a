import { randomUUID } from 'node:crypto';

import { auditCall } from './audit.ts';
import { isUuid, readBoolean, readRelated, readResource, readText, requireText } from '../body.ts';
import type { Resource } from '../body.ts';
import { genericError, textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Role, State } from '../model.ts';
import { containsText, pageOf, sortItems } from '../paging.ts';
import { permissionsById, restrictedPermissionIds } from './permissions.ts';
import { reference, roleTimestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

function countUsers(state: State, roleId: string): number {
  return state.users.values().reduce((count, user) => count + (user.roleIds.includes(roleId) ? 1 : 0), 0);
}

/** The role service's form; reads show `managed`, or the handles of custom roles. */
function renderRole(state: State, role: Role, withHandles: boolean): Json {
  const handleOf = (id: string | null): string | undefined =>
    withHandles ? state.users.get(id ?? '')?.handle : undefined;
  const createdBy = handleOf(role.createdBy);
  const modifiedBy = handleOf(role.modifiedBy);
  return {
    id: role.id,
    type: 'roles',
    attributes: {
      created_at: roleTimestamp(role.createdAt),
      ...(createdBy === undefined ? {} : { created_by_handle: createdBy }),
      ...(role.managed ? { managed: true } : {}),
      modified_at: roleTimestamp(role.modifiedAt),
      ...(modifiedBy === undefined ? {} : { modified_by_handle: modifiedBy }),
      name: role.name,
      team_count: 0,
      user_count: countUsers(state, role.id),
    },
    relationships: { permissions: { data: role.permissionIds.map((id) => reference('permissions', id)) } },
  };
}

/** For writes and sub-resources; GET of a role has its own error. */
export function findRole(call: Call): Role {
  const id = call.params['role_id'] ?? '';
  const role = call.state.roles.get(id);
  if (role === undefined) throw textError(404, `${id} not found`);
  return role;
}

export function refuseManaged(role: Role): void {
  if (role.managed) throw textError(400, `The role ${role.name} is managed and cannot be changed`);
}

function roleReply(call: Call, role: Role, withHandles = false): Reply {
  return { status: 200, body: { data: renderRole(call.state, role, withHandles) } };
}

function listRoles(call: Call): Reply {
  const { state, query } = call;
  const ids = query.get('filter[id]')?.split(',');
  const selected = [...state.roles.values()].filter(
    (role) => containsText(query.get('filter'), role.name) && (ids === undefined || ids.includes(role.id)),
  );
  const keys = {
    name: (role: Role) => role.name.toLowerCase(),
    modified_at: (role: Role) => role.modifiedAt,
    user_count: (role: Role) => countUsers(state, role.id),
  };
  const { items } = pageOf(query, sortItems(query, selected, keys, 'name'));
  return {
    status: 200,
    body: {
      data: items.map((role) => renderRole(state, role, true)),
      meta: { page: { total_count: state.roles.size, total_filtered_count: selected.length } },
    },
  };
}

function getRole(call: Call): Reply {
  const id = call.params['role_id'] ?? '';
  if (!isUuid(id)) throw genericError(400, `invalid UUID [${id}]`);
  const role = call.state.roles.get(id);
  if (role === undefined) throw genericError(404, 'could not find the uuid.');
  return roleReply(call, role, true);
}

function readRoleName(resource: Resource): string {
  const name = requireText(resource.attributes, 'name');
  if (name.trim() === '') throw textError(400, 'Role names cannot be only whitespace');
  return name;
}

function refuseDuplicate(state: State, name: string, except?: Role): void {
  if (state.roles.values().some((role) => role !== except && role.name === name)) {
    throw textError(409, 'A role with the same name already exists');
  }
}

function readPermissionIds(resource: Resource): string[] {
  const ids = readRelated(resource.relationships, 'permissions', 'permissions');
  if (!ids.every((id) => permissionsById.has(id))) throw textError(400, 'Invalid input ');
  return ids;
}

function addRole(call: Call, name: string, permissionIds: readonly string[]): Reply {
  const role: Role = {
    id: randomUUID(),
    name,
    managed: false,
    createdAt: call.now,
    modifiedAt: call.now,
    createdBy: call.actor.id,
    modifiedBy: call.actor.id,
    permissionIds: [...new Set(permissionIds)],
  };
  call.state.roles.set(role.id, role);
  auditCall(call, 'Access Management', 'created', 'role', role.id);
  return roleReply(call, role);
}

function createRole(call: Call): Reply {
  const resource = readResource(call.body, 'roles');
  const name = readRoleName(resource);
  const optOut = readBoolean(resource.attributes, 'default_permissions_opt_out') ?? false;
  const asked = readPermissionIds(resource);
  refuseDuplicate(call.state, name);
  return addRole(call, name, [...(optOut ? [] : restrictedPermissionIds), ...asked]);
}

function cloneRole(call: Call): Reply {
  const original = findRole(call);
  const name = readRoleName(readResource(call.body, 'roles'));
  refuseDuplicate(call.state, name);
  return addRole(call, name, original.permissionIds);
}

/** The permissions given are added to the restricted ones, which stay. */
function updateRole(call: Call): Reply {
  const id = call.params['role_id'] ?? '';
  const resource = readResource(call.body, 'roles');
  if (call.state.roles.has(id) && resource.id !== id) {
    throw textError(422, 'The id attribute in the request body does not match the role_id in the URL');
  }
  const role = findRole(call);
  refuseManaged(role);
  const name = readText(resource.attributes, 'name');
  if (name !== undefined) {
    readRoleName(resource);
    refuseDuplicate(call.state, name, role);
  }
  const permissionIds = resource.relationships['permissions'] === undefined ? undefined : readPermissionIds(resource);
  if (name !== undefined) role.name = name;
  if (permissionIds !== undefined) {
    const kept = role.permissionIds.filter((permission) => restrictedPermissionIds.includes(permission));
    role.permissionIds = [...new Set([...permissionIds, ...kept])];
  }
  touchRole(call, role);
  return roleReply(call, role);
}

/** The user who last changed the role, and when. */
export function touchRole(call: Call, role: Role): void {
  role.modifiedAt = call.now;
  role.modifiedBy = call.actor.id;
  auditCall(call, 'Access Management', 'modified', 'role', role.id);
}

function deleteRole(call: Call): Reply {
  const role = findRole(call);
  refuseManaged(role);
  call.state.roles.delete(role.id);
  for (const user of call.state.users.values()) user.roleIds = user.roleIds.filter((id) => id !== role.id);
  for (const mapping of call.state.authnMappings.values())
    if (mapping.roleId === role.id) call.state.authnMappings.delete(mapping.id);
  auditCall(call, 'Access Management', 'deleted', 'role', role.id);
  return { status: 204 };
}

const read = anyOf('user_access_read');
const manage = anyOf('user_access_manage');

export const roleRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v2/roles', permission: read, handler: listRoles },
  { method: 'POST', pattern: '/api/v2/roles', permission: manage, handler: createRole },
  { method: 'GET', pattern: '/api/v2/roles/{role_id}', permission: read, handler: getRole },
  { method: 'PATCH', pattern: '/api/v2/roles/{role_id}', permission: manage, handler: updateRole },
  { method: 'DELETE', pattern: '/api/v2/roles/{role_id}', permission: manage, handler: deleteRole },
  { method: 'POST', pattern: '/api/v2/roles/{role_id}/clone', permission: manage, handler: cloneRole },
];
