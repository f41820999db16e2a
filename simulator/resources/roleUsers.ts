import { auditCall } from './audit.ts';
import { isObject } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Role, User } from '../model.ts';
import { pageOf, sortItems } from '../paging.ts';
import { includedRolesOf, renderUser } from '../render.ts';
import { findRole } from './roles.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { findUser, selectUsers, userSortKeys } from './users.ts';

function usersOf(call: Call, role: Role): User[] {
  return [...call.state.users.values()].filter((user) => user.roleIds.includes(role.id));
}

function listRoleUsers(call: Call): Reply {
  const { state, query } = call;
  const all = usersOf(call, findRole(call));
  const selected = sortItems(query, selectUsers(query, all), userSortKeys, 'name');
  const { items } = pageOf(query, selected);
  return {
    status: 200,
    body: {
      data: items.map((user) => renderUser(state, user, { withMfa: true })),
      ...includedRolesOf(state, items),
      meta: { page: { total_count: all.length, total_filtered_count: selected.length } },
    },
  };
}

/** The first ten users of the role, whoever was added or removed: the one asked about is often not among them. */
function firstUsersReply(call: Call, role: Role): Reply {
  const users = sortItems(new URLSearchParams(), usersOf(call, role), userSortKeys, 'created_at');
  return {
    status: 200,
    body: {
      data: users.slice(0, 10).map((user) => renderUser(call.state, user, { withMfa: false })),
      meta: { page: { total_count: users.length } },
    },
  };
}

function readUser(call: Call): User {
  const data = isObject(call.body) ? call.body['data'] : undefined;
  if (!isObject(data) || data['type'] !== 'users' || typeof data['id'] !== 'string')
    throw textError(400, '400 BAD REQUEST');
  return findUser(call.state, data['id']);
}

function addRoleUser(call: Call): Reply {
  const role = findRole(call);
  const user = readUser(call);
  if (!user.roleIds.includes(role.id)) user.roleIds.push(role.id);
  return changed(call, role, user);
}

function removeRoleUser(call: Call): Reply {
  const role = findRole(call);
  const user = readUser(call);
  user.roleIds = user.roleIds.filter((id) => id !== role.id);
  return changed(call, role, user);
}

function changed(call: Call, role: Role, user: User): Reply {
  user.modifiedAt = call.now;
  auditCall(call, 'Access Management', 'modified', 'role', role.id);
  return firstUsersReply(call, role);
}

const pattern = '/api/v2/roles/{role_id}/users';

export const roleUserRoutes: readonly Route[] = [
  { method: 'GET', pattern, permission: anyOf('user_access_read'), handler: listRoleUsers },
  { method: 'POST', pattern, permission: anyOf('user_access_manage'), handler: addRoleUser },
  { method: 'DELETE', pattern, permission: anyOf('user_access_manage'), handler: removeRoleUser },
];
