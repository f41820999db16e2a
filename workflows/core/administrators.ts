/** Permissions without which an organisation cannot give anybody access any more. */
const administrative: readonly string[] = ['admin', 'user_access_manage', 'org_management'];

export const isAdministrative = (permissions: readonly string[]): boolean =>
  permissions.some((permission) => administrative.includes(permission));
