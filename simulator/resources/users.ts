import { auditCall } from './audit.ts';
import {
  readBoolean,
  readEmail,
  readPersonName,
  readRelated,
  readResource,
  readNullableText,
  requireText,
} from '../body.ts';
import type { Resource } from '../body.ts';
import { lacksPermission, textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { State, User } from '../model.ts';
import { containsText, maxPageSize, pageOf, sortItems } from '../paging.ts';
import type { SortKeys } from '../paging.ts';
import { renderPermissions } from './permissions.ts';
import { includedOf, renderOrg, renderUser } from '../render.ts';
import { anyOf, open } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { disableUser, iconOf, newUser, statusOf } from '../userState.ts';

export const userSortKeys: SortKeys<User> = {
  name: (user) => (user.name ?? '').toLowerCase(),
  email: (user) => user.email,
  handle: (user) => user.handle,
  status: statusOf,
  created_at: (user) => user.createdAt,
  modified_at: (user) => user.modifiedAt,
};

/** GET reads say "user not found"; writes name the id. */
export function findUser(state: State, id: string): User {
  const user = state.users.get(id);
  if (user === undefined) throw textError(404, `${id} not found`);
  return user;
}

function findUserToRead(call: Call): User {
  const user = call.state.users.get(call.params['user_id'] ?? '');
  if (user === undefined) throw textError(404, 'user not found');
  return user;
}

export function userReply(state: State, user: User, status: number, withMfa: boolean): Reply {
  return { status, body: { data: renderUser(state, user, { withMfa }), ...includedOf(state, [user]) } };
}

/** `filter` is a case-insensitive substring of name, e-mail or handle; `filter[status]` a comma list. */
export function selectUsers(query: URLSearchParams, users: Iterable<User>): User[] {
  const filter = query.get('filter');
  const statuses = query
    .get('filter[status]')
    ?.split(',')
    .map((status) => status.trim().toLowerCase());
  return [...users].filter(
    (user) =>
      containsText(filter, user.name, user.email, user.handle) &&
      (statuses === undefined || statuses.includes(statusOf(user).toLowerCase())),
  );
}

function listUsers(call: Call): Reply {
  const { state, query } = call;
  const isSearch = query.has('filter') || query.has('filter[status]');
  const users = isSearch ? call.indexed() : state.users.values();
  const selected = sortItems(query, selectUsers(query, users), userSortKeys, 'name');
  const { items } = pageOf(query, selected);
  return {
    status: 200,
    body: {
      data: items.map((user) => renderUser(state, user, { withMfa: true, blankForNull: true })),
      ...includedOf(state, items),
      meta: {
        page: { total_count: state.users.size, total_filtered_count: selected.length, max_page_size: maxPageSize },
      },
    },
  };
}

export function readRoles(state: State, resource: Resource): string[] {
  const ids = [...new Set(readRelated(resource.relationships, 'roles', 'roles'))];
  for (const id of ids) if (!state.roles.has(id)) throw textError(400, `Invalid input: role ${id} not found`);
  return ids;
}

/** A person's e-mail is taken by another person's e-mail or handle; service accounts do not count. */
function isTaken(state: State, email: string, except?: User): boolean {
  const wanted = email.toLowerCase();
  return state.users
    .values()
    .some((user) => user !== except && !user.serviceAccount && (user.email === wanted || user.handle === wanted));
}

function createUser(call: Call): Reply {
  const { state } = call;
  const resource = readResource(call.body, 'users');
  requireText(resource.attributes, 'email');
  const email = readEmail(resource.attributes) ?? '';
  const name = readPersonName(resource.attributes) ?? null;
  const title = readNullableText(resource.attributes, 'title') ?? null;
  const roleIds = readRoles(state, resource);
  if (isTaken(state, email)) throw textError(409, `User ${email} already exists`);
  const user = newUser({ email, name, title, serviceAccount: false }, call.now);
  user.roleIds = roleIds.length === 0 && state.habits.defaultRoleId !== null ? [state.habits.defaultRoleId] : roleIds;
  state.users.set(user.id, user);
  auditCall(call, 'Access Management', 'created', 'user', user.id);
  return userReply(state, user, 201, false);
}

/** A key with only `service_account_write` may change service accounts, not people. */
function requireRightOver(call: Call, user: User): void {
  if (!user.serviceAccount && !call.permissions.has('user_access_manage')) throw lacksPermission();
}

function updateUser(call: Call): Reply {
  const { state } = call;
  const id = call.params['user_id'] ?? '';
  const resource = readResource(call.body, 'users');
  if (resource.id !== id) throw textError(422, "UUID's in the URL and request body do not match");
  const user = findUser(state, id);
  requireRightOver(call, user);
  applyChanges(call, user, resource);
  auditCall(call, 'Access Management', 'modified', 'user', user.id);
  return userReply(state, user, 200, false);
}

/** Reads every field before the first change, so that a refused request changes nothing. */
function applyChanges(call: Call, user: User, { attributes }: Resource): void {
  const name = readPersonName(attributes);
  const title = readNullableText(attributes, 'title');
  const disabled = readBoolean(attributes, 'disabled');
  const email = readEmail(attributes)?.toLowerCase();
  if (email !== undefined && email !== user.email && !user.serviceAccount && isTaken(call.state, email, user)) {
    throw textError(409, `User ${email} already exists`);
  }
  if (name !== undefined) user.name = name;
  if (title !== undefined) user.title = title;
  if (email !== undefined) {
    user.email = email;
    user.icon = iconOf(email);
  }
  if (disabled === true && !user.disabled) disableUser(call.state, user, call.now);
  if (disabled === false) user.disabled = false;
  user.modifiedAt = call.now;
}

function deleteUser(call: Call): Reply {
  const id = call.params['user_id'] ?? '';
  const user = findUser(call.state, id);
  requireRightOver(call, user);
  if (user.disabled) throw textError(404, `${id} not found`);
  disableUser(call.state, user, call.now);
  auditCall(call, 'Access Management', 'deleted', 'user', user.id);
  return { status: 204 };
}

function listUserPermissions(call: Call): Reply {
  const user = findUserToRead(call);
  const ids = user.roleIds.flatMap((id) => call.state.roles.get(id)?.permissionIds ?? []);
  return { status: 200, body: { data: renderPermissions([...new Set(ids)]) } };
}

function listUserOrgs(call: Call): Reply {
  const { state } = call;
  const user = findUserToRead(call);
  return { status: 200, body: { data: renderUser(state, user, { withMfa: false }), included: [renderOrg(state)] } };
}

function getCurrentUser({ state, actor }: Call): Reply {
  const included = [...(includedOf(state, [actor]).included ?? []), renderOrg(state)];
  return { status: 200, body: { data: renderUser(state, actor, { withMfa: false }), included } };
}

function updateCurrentUser(call: Call): Reply {
  const resource = readResource(call.body, 'users');
  if (resource.id !== call.actor.id) throw textError(422, "UUID's in the URL and request body do not match");
  applyChanges(call, call.actor, resource);
  return userReply(call.state, call.actor, 200, false);
}

const manage = anyOf('user_access_manage', 'service_account_write');

export const userRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v2/users', permission: anyOf('user_access_read'), handler: listUsers },
  { method: 'POST', pattern: '/api/v2/users', permission: anyOf('user_access_invite'), handler: createUser },
  {
    method: 'GET',
    pattern: '/api/v2/users/{user_id}',
    permission: anyOf('user_access_read'),
    handler: (call) => userReply(call.state, findUserToRead(call), 200, true),
  },
  { method: 'PATCH', pattern: '/api/v2/users/{user_id}', permission: manage, handler: updateUser },
  { method: 'DELETE', pattern: '/api/v2/users/{user_id}', permission: manage, handler: deleteUser },
  {
    method: 'GET',
    pattern: '/api/v2/users/{user_id}/permissions',
    permission: anyOf('user_access_read'),
    handler: listUserPermissions,
  },
  { method: 'GET', pattern: '/api/v2/users/{user_id}/orgs', permission: open, handler: listUserOrgs },
  {
    method: 'GET',
    pattern: '/api/v2/current_user',
    permission: open,
    handler: getCurrentUser,
  },
  {
    method: 'PATCH',
    pattern: '/api/v2/current_user',
    permission: anyOf('user_self_profile_write'),
    handler: updateCurrentUser,
  },
];
