import type { Role, State, User } from './model.ts';
import { permissionsById, renderPermission } from './resources/permissions.ts';
import { statusOf } from './userState.ts';

export type Json = Record<string, unknown>;

interface UserView {
  /** Creation, service accounts and `current_user` do not show it. */
  readonly withMfa: boolean;
  /** The list of all users shows a missing name or title as an empty text, everything else as null. */
  readonly blankForNull?: boolean;
}

/** Six digits and a numeric offset, as the user service writes it. */
export function timestamp(iso: string): string {
  return iso.replace(/(\.\d{3})?Z$/, (_, fraction: string | undefined) => `${fraction ?? '.000'}000+00:00`);
}

/** Six digits and a `Z`, as the role service writes it. */
export function roleTimestamp(iso: string): string {
  return timestamp(iso).replace('+00:00', 'Z');
}

export const reference = (type: string, id: string): Json => ({ type, id });

export function renderUser(state: State, user: User, view: UserView): Json {
  const { email, handle, icon, verified, disabled } = user;
  const blank = view.blankForNull === true ? '' : null;
  return {
    type: 'users',
    id: user.id,
    attributes: {
      uuid: user.id,
      name: user.name ?? blank,
      handle,
      created_at: timestamp(user.createdAt),
      modified_at: timestamp(user.modifiedAt),
      email,
      icon,
      title: user.title ?? blank,
      verified,
      service_account: user.serviceAccount,
      disabled,
      allowed_login_methods: [],
      status: statusOf(user),
      ...(view.withMfa ? { mfa_enabled: false } : {}),
      last_login_time: user.lastLoginTime === null ? null : timestamp(user.lastLoginTime),
    },
    relationships: {
      roles: { data: user.roleIds.map((id) => reference('roles', id)) },
      org: { data: reference('orgs', state.org.id) },
    },
  };
}

/** A role as the user service includes it; the role service has its own form. */
export function renderIncludedRole(role: Role): Json {
  return {
    type: 'roles',
    id: role.id,
    attributes: {
      name: role.name,
      managed: role.managed,
      created_at: timestamp(role.createdAt),
      modified_at: timestamp(role.modifiedAt),
    },
    relationships: { permissions: { data: role.permissionIds.map((id) => reference('permissions', id)) } },
  };
}

/** Roles of these users, without their permissions. */
export function includedRolesOf(state: State, users: readonly User[]): { included?: Json[] } {
  const roles = rolesOf(state, users);
  return roles.length > 0 ? { included: roles.map(renderIncludedRole) } : {};
}

function rolesOf(state: State, users: readonly User[]): Role[] {
  return [...new Set(users.flatMap((user) => user.roleIds))].flatMap((id) => state.roles.get(id) ?? []);
}

/** Roles of these users and every permission of these roles, each once; absent where nobody has a role. */
export function includedOf(state: State, users: readonly User[]): { included?: Json[] } {
  const roles = rolesOf(state, users);
  if (roles.length === 0) return {};
  const permissionIds = new Set(roles.flatMap((role) => role.permissionIds));
  const permissions = [...permissionIds].flatMap((id) => permissionsById.get(id) ?? []);
  return { included: [...roles.map(renderIncludedRole), ...permissions.map(renderPermission)] };
}

/** A user as teams include it; changes of a membership leave the status out. */
export function renderTeamUser(user: User, withStatus: boolean): Json {
  const { name, handle, email, icon, disabled } = user;
  return {
    type: 'users',
    id: user.id,
    attributes: {
      name,
      handle,
      email,
      icon,
      disabled,
      service_account: user.serviceAccount,
      ...(withStatus ? { status: statusOf(user) } : {}),
    },
  };
}

export function renderOrg({ org }: State): Json {
  return {
    type: 'orgs',
    id: org.id,
    attributes: {
      name: org.name,
      public_id: org.publicId,
      disabled: false,
      sharing: 'all_private',
      url: null,
      description: null,
      created_at: timestamp(org.createdAt),
      modified_at: null,
    },
  };
}
