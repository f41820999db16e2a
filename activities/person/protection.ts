import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { isAdministrative } from '../../domain/access/privileged.ts';
import type { Protection } from '../../domain/access/protection.ts';
import { protectedAccount, waitingFailures } from '../../domain/failures.ts';
import type { Account } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { isEmergencyAccount, pinnedAccounts } from '../../domain/pins.ts';
import { isFailure, withoutOn, type DatadogFailure } from '../../datadog/failures.ts';
import { withoutAddresses } from '../../domain/text.ts';
import { isSoonOver, withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { stillHeld } from './awaiting.ts';
import { askedAgain } from './correlation.ts';

const administrators = 'administrators';
/** Longer than one attempt may take: the lease of a dead process expires by that. */
const leaseMs = 20_000;

interface Guarding {
  readonly api: DatadogReads;
  readonly inventory: Pick<Inventory, 'listPins'> | undefined;
  readonly policy: Pick<Policy, 'protection'>;
}

/** What keeps the wrong account from being disabled. */
export function createProtectionActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /** Fails until nothing protects the account any more; is retried. */
    async awaitUnprotected(accountId: string): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const account = await api.getAccount(accountId).catch((error: unknown) => {
          throw askedAgain(error);
        });
        // Somebody has disabled it: nothing is left to protect.
        if (account === undefined || account.status === 'disabled') return;
        const guarding = { api, inventory, policy: policy() };
        const protection = await protectionOf(guarding, account).catch((error: unknown) => {
          if (isFailure(error) && !isOfKeys(error)) return 'unknown';
          throw error;
        });
        if (protection !== undefined) throw stillHeld(`the account is protected: ${protection}`);
      });
    },
  };
}

/** Throws `ProtectedAccount` for an account that must stay. */
export async function refuseProtected(guarding: Guarding, account: Account): Promise<void> {
  const protection = await orUnknown(account.id, () => protectionOf(guarding, account));
  if (protection !== undefined) throw protectedBy(protection, `account ${account.id} is protected: ${protection}`);
}

/** Where Datadog does not say what protects the account, it stays. */
export async function orUnknown<T>(
  id: string,
  ask: () => Promise<T>,
  isToBeThrown: (error: DatadogFailure) => boolean = isOfKeys,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isFailure(error) || isToBeThrown(error) || isSoonOver(error)) throw error;
    throw protectedBy('unknown', `what protects account ${id} cannot be known: ${withoutAddresses(error.message)}`);
  }
}

const isOfKeys = ({ missing }: DatadogFailure): boolean => missing?.permission === 'validKeys';

const protectedBy = (protection: Protection, message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: protectedAccount, message, nonRetryable: true, details: [protection] });

/**
 * Administrators are looked at and disabled under one lease, so that two who leave at once do not both find the other
 * still there.
 */
export async function whileAdministratorsStay<T>(
  inventory: Pick<Inventory, 'takeLease' | 'releaseLease'>,
  { api, account }: { readonly api: DatadogReads; readonly account: Account },
  disable: () => Promise<T>,
): Promise<T> {
  if (!(await orUnknown(account.id, () => isAdministrator(api, account)))) return disable();
  const { base64TaskToken } = activityInfo();
  const now = Date.now();
  const [at, until] = [new Date(now).toISOString(), new Date(now + leaseMs).toISOString()];
  if (!(await inventory.takeLease(administrators, base64TaskToken, at, until))) {
    throw ApplicationFailure.create({
      type: waitingFailures.StillHeld,
      message: 'another administrator is being disabled',
      category: ApplicationFailureCategory.BENIGN,
      nextRetryDelay: '1 second',
    });
  }
  try {
    return await disable();
  } finally {
    await inventory.releaseLease(administrators, base64TaskToken);
  }
}

/** Whether the account must stay, judged by what Datadog says now. Without an inventory nothing was pinned. */
export async function protectionOf(
  { api, inventory, policy }: Guarding,
  account: Account,
): Promise<Protection | undefined> {
  const pins = (await inventory?.listPins('emergency')) ?? [];
  if (isEmergencyAccount(account, pinnedAccounts(policy, pins, []))) return 'emergency';
  if ((await api.currentUser()).account.id === account.id) return 'ownKey';
  if (!(await isAdministrator(api, account))) return undefined;
  return (await hasOtherAdministrator(api, account)) ? undefined : 'lastAdministrator';
}

async function isAdministrator(api: DatadogReads, { status, roleIds }: Account): Promise<boolean> {
  return status === 'active' && (await holdsRole(api, { roleIds }, isAdministrative));
}

/** Whether any of the account's roles is privileged, by the permissions that it grants now. */
export async function holdsRole(
  api: DatadogReads,
  { roleIds }: Pick<Account, 'roleIds'>,
  isSo: (permissions: readonly string[]) => boolean,
): Promise<boolean> {
  for (const roleId of roleIds) if (isSo(await api.rolePermissions(roleId))) return true;
  return false;
}

async function hasOtherAdministrator(api: DatadogReads, account: Account): Promise<boolean> {
  const [roles, permissions] = await Promise.all([api.listRoles(), api.listPermissions()]);
  for (const { id, permissionIds } of roles) {
    if (!isAdministrative(permissionIds.map((one) => permissions.get(one) ?? one))) continue;
    const members = (await withoutOn(['NotFound'], api.listRoleMembers(id))) ?? [];
    if (members.some((one) => one.id !== account.id && one.status === 'active' && !one.isServiceAccount)) return true;
  }
  return false;
}
