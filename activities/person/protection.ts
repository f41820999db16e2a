import type { Account } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Datadog } from '../../datadog/types.ts';
import { isAdministrative } from '../../domain/access/privileged.ts';
import type { Protection } from '../../domain/access/protection.ts';
import { foldCase } from '../../domain/text.ts';

/** Whether the account must stay, judged by what Datadog says now. For administrators to be asked under one lease. */
export async function protectionOf(
  api: Datadog,
  account: Account,
  { protection }: Pick<Policy, 'protection'>,
): Promise<Protection | undefined> {
  const names = [account.id, account.email].map(foldCase);
  if (protection.emergencyAccounts.some((one) => names.includes(foldCase(one)))) return 'emergency';
  if ((await api.currentUser()).account.id === account.id) return 'ownKey';
  if (!(await isAdministrator(api, account))) return undefined;
  return (await hasOtherAdministrator(api, account)) ? undefined : 'lastAdministrator';
}

export async function isAdministrator(api: Datadog, { status, roleIds }: Account): Promise<boolean> {
  return status === 'active' && (await holdsRole(api, { roleIds }, isAdministrative));
}

/** Whether any of the account's roles is so, by the permissions that it gives now. */
export async function holdsRole(
  api: Datadog,
  { roleIds }: Pick<Account, 'roleIds'>,
  isSo: (permissions: readonly string[]) => boolean,
): Promise<boolean> {
  for (const roleId of roleIds) if (isSo(await api.rolePermissions(roleId))) return true;
  return false;
}

async function hasOtherAdministrator(api: Datadog, account: Account): Promise<boolean> {
  const [roles, permissions] = await Promise.all([api.listRoles(), api.listPermissions()]);
  for (const { id, permissionIds } of roles) {
    if (!isAdministrative(permissionIds.map((one) => permissions.get(one) ?? one))) continue;
    const members = await api.listRoleMembers(id);
    if (members.some((one) => one.id !== account.id && one.status === 'active' && !one.isServiceAccount)) return true;
  }
  return false;
}
