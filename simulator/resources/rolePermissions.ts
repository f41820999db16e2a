import { isObject } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Role } from '../model.ts';
import { permissionsById, renderPermissions } from './permissions.ts';
import { findRole, refuseManaged, touchRole } from './roles.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

function permissionsReply(role: Role): Reply {
  return { status: 200, body: { data: renderPermissions(role.permissionIds) } };
}

/** A wrong type is refused with the bare status text. */
function readPermission(call: Call): string {
  const data = isObject(call.body) ? call.body['data'] : undefined;
  if (!isObject(data) || data['type'] !== 'permissions' || typeof data['id'] !== 'string')
    throw textError(400, '400 BAD REQUEST');
  return data['id'];
}

function addPermission(call: Call): Reply {
  const role = findRole(call);
  const id = readPermission(call);
  refuseManaged(role);
  if (!permissionsById.has(id)) throw textError(404, `${id} not found`);
  if (!role.permissionIds.includes(id)) role.permissionIds.push(id);
  touchRole(call, role);
  return permissionsReply(role);
}

function removePermission(call: Call): Reply {
  const role = findRole(call);
  const id = readPermission(call);
  refuseManaged(role);
  role.permissionIds = role.permissionIds.filter((permission) => permission !== id);
  touchRole(call, role);
  return permissionsReply(role);
}

const pattern = '/api/v2/roles/{role_id}/permissions';
const manage = anyOf('user_access_manage');

export const rolePermissionRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern,
    permission: anyOf('user_access_read'),
    handler: (call) => permissionsReply(findRole(call)),
  },
  { method: 'POST', pattern, permission: manage, handler: addPermission },
  { method: 'DELETE', pattern, permission: manage, handler: removePermission },
];
