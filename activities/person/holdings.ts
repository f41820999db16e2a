import { entitlementKey } from '../../domain/access/plan.ts';
import type { Access } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { recordAccount } from './correlation.ts';
import { rolesOfMappings } from './loginMappings.ts';
import { settleOpenWrites } from './openWrites.ts';

interface Holdings {
  readonly access: Access;
  /** Keys of what Muster granted, on record (`entitlementKey`). */
  readonly managed: readonly string[];
  /** Roles that login mappings grant; absent where they were not requested, or the key may not see them. */
  readonly mappedRoleIds?: readonly string[];
}

/** What an account holds, without a change to it. */
export function createHoldingsActivities({ datadog, inventory }: Dependencies) {
  return {
    /** What the account holds now, and which of it is on record as granted by Muster. */
    async readHoldings(
      personId: string,
      accountId: string,
      { withMappings = false }: { readonly withMappings?: boolean } = {},
    ): Promise<Holdings | undefined> {
      return withDatadog(datadog, async (api) => {
        const [access, mappedRoleIds] = await Promise.all([
          api.getAccess(accountId),
          withMappings ? rolesOfMappings(api) : undefined,
        ]);
        if (access === undefined) return undefined;
        const { account } = access;
        await recordAccount(inventory, account);
        await settleOpenWrites(inventory, personId, { account, access });
        return { access, managed: await managedOn(inventory, personId, accountId), mappedRoleIds };
      });
    },

    /** Application keys die with the account, API keys outlive it. Best effort: lists that the key may not see are named. */
    async listOwnedKeys(accountId: string) {
      return withDatadog(datadog, (api) => api.listOwnedKeys(accountId));
    },
  };
}

/** Keys of what Muster granted on this account, or adopted: access that may be removed. */
export async function managedOn(
  inventory: Pick<Inventory, 'listGrants'>,
  personId: string,
  accountId: string,
): Promise<readonly string[]> {
  const grants = await inventory.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
  return grants.filter((one) => one.accountId === accountId && one.reason !== 'preexisting').map(entitlementKey);
}
