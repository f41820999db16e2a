/** Permissions whose holder can grant access to others, run the organization, or make and unmake credentials. */
const privilegedPermissions: readonly string[] = [
  // The whole organization, by its old name.
  'admin',
  'user_access_manage',
  'org_management',
  'api_keys_write',
  'api_keys_delete',
  'org_app_keys_write',
  'service_account_write',
];

/** The permissions, by Datadog's names, that make a role privileged. */
export const privilegesIn = (permissions: readonly string[]): readonly string[] =>
  privilegedPermissions.filter((permission) => permissions.includes(permission));

/** Whether a role with these permissions is privileged: nobody gets it without an approval. */
export const isPrivileged = (permissions: readonly string[]): boolean => privilegesIn(permissions).length > 0;

/** Permissions without which an organization can no longer grant anybody access. */
const administrative: readonly string[] = ['admin', 'user_access_manage', 'org_management'];

export const isAdministrative = (permissions: readonly string[]): boolean =>
  permissions.some((permission) => administrative.includes(permission));
