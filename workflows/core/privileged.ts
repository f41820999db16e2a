/** Permissions whose holder can give access to others, run the organisation, or make credentials. */
const privilegedPermissions: readonly string[] = [
  'user_access_manage',
  'org_management',
  'api_keys_write',
  'org_app_keys_write',
  'service_account_write',
];

/** Whether a role with these permissions is privileged, judged by Datadog's names of them. */
export const isPrivileged = (permissions: readonly string[]): boolean =>
  permissions.some((permission) => privilegedPermissions.includes(permission));
