import { entitlementKey } from '../../domain/access/plan.ts';
import { cameWithAccount } from '../../domain/access/warnings.ts';
import type { GrantRow } from '../../inventory/port/grants.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Access, SeenAccess } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { withDatadog } from '../attempt.ts';
import { memberships } from '../../datadog/grants.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import type { Dependencies } from '../dependencies.ts';
import { hasCreatedAccount } from './cameWith.ts';
import { recordAccount } from './correlation.ts';
import { isJustCreated, notShown } from './lag.ts';
import { rolesOfMappings } from './loginMappings.ts';
import { settleOpenWrites } from './openWrites.ts';
import { judgeOwed } from './owed.ts';
import { tell } from './tell.ts';
import { attemptedAt, seenBy, wordFor } from './word.ts';

interface Holdings {
  readonly access: SeenAccess;
  /** Keys of what Muster granted, on record (`entitlementKey`). */
  readonly managed: readonly string[];
  /** Keys of those of them that came with the account that this event created, where any did: nobody was ever given them. */
  readonly cameWith?: readonly string[];
  /** How many memberships could not be read, of a leaver; absent where all could. */
  readonly unreadTeams?: number;
  /** Roles that login mappings grant; absent where they were not requested, or the key may not see them. */
  readonly mappedRoleIds?: readonly string[];
}

/** What an account holds, without a change to it. */
export function createHoldingsActivities({ datadog, notify, ...means }: Dependencies) {
  const { inventory, policy } = means;

  async function keep(because: Because, access: Access): Promise<Holdings> {
    const { account, roles, teams, teamsNotVisible } = access;
    const { personId } = because;
    await recordAccount(inventory, account);
    await settleOpenWrites(inventory, personId, { account, access });
    const word = await wordFor({ inventory, policy }, because, attemptedAt());
    const held = { account: seenBy(word, account), roles, teams, teamsNotVisible };
    return { access: held, ...(await keysOf(inventory, because, await managedOn(inventory, personId, account.id))) };
  }

  return {
    /** What the account holds now, and which of it is on record as granted by Muster. */
    async readHoldings(
      because: Because,
      accountId: string,
      { withMappings = false } = {},
    ): Promise<Holdings | undefined> {
      return withDatadog(datadog, async (api) => {
        const [access, mappedRoleIds] = await Promise.all([
          api.getAccess(accountId),
          withMappings ? rolesOfMappings(api) : undefined,
        ]);
        const { personId } = because;
        if (access === undefined && (await isJustCreated(inventory, { personId, accountId })))
          throw notShown(accountId);
        return access && { ...(await keep(because, access)), mappedRoleIds };
      });
    },

    /** The same for a leaver whose account Muster disables, or has just disabled: kept for `person restore`. */
    async readLastHoldings(
      because: Because,
      accountId: string,
      { withoutTeams = false } = {},
    ): Promise<Holdings | undefined> {
      const { access, unreadTeams } = await withDatadog(datadog, (api) => readAccess(api, accountId, withoutTeams));
      if (access === undefined) return undefined;
      const { personId, eventId } = because;
      const { account, roles, teams, teamsNotVisible } = access;
      const isDisabled = account.status === 'disabled';
      // A disabling whose reply was lost is Muster's too: it is evident once what was left open is settled.
      const kept = await keep(because, access);
      const asked = { kind: 'disable', step: 'disableAccount', accountId, isDisabled } as const;
      await inventory.inTransaction(async (trx) => {
        const isOurs = !isDisabled || (await trx.hasEvidence({ personId, eventId, step: 'disableAccount' }));
        if (!isOurs || (await judgeOwed(trx, means, because, asked)) !== undefined) return;
        const held = { roles, teams, teamsNotVisible };
        await trx.recordAccessBefore({ personId, eventId, at: attemptedAt(), accountId, access: held });
      });
      return unreadTeams === 0 ? kept : { ...kept, unreadTeams };
    },

    /** Application keys die with the account, API keys outlive it: the manager is told. Lists that the key may not see are named. */
    async reportOwnedKeys(personId: string, accountId: string): Promise<OwnedKeys> {
      const keys = await withDatadog(datadog, (api) => api.listOwnedKeys(accountId));
      const { applicationKeys, apiKeys, notVisible } = keys;
      if (applicationKeys.length + apiKeys.length + notVisible.length > 0) {
        await tell({ inventory, policy, notify }, { kind: 'leaverKeys', personId, details: { ...keys } });
      }
      return { applicationKeys: applicationKeys.length, apiKeys: apiKeys.length, notVisible };
    },
  };
}

async function readAccess(api: DatadogReads, accountId: string, withoutTeams: boolean) {
  const access = await api.getAccess(accountId, { withoutTeams });
  return { access, unreadTeams: api.oddRows().filter(({ list }) => list === memberships).length };
}

async function keysOf(
  inventory: Pick<Inventory, 'hasEvidence'>,
  because: Because,
  grants: readonly GrantRow[],
): Promise<Pick<Holdings, 'managed' | 'cameWith'>> {
  const along = grants.filter((one) => one.because === cameWithAccount).map(entitlementKey);
  const isNew = along.length > 0 && (await hasCreatedAccount(inventory, because));
  return { managed: grants.map(entitlementKey), ...(isNew ? { cameWith: along } : {}) };
}

/** How many. */
interface OwnedKeys {
  readonly applicationKeys: number;
  readonly apiKeys: number;
  readonly notVisible: readonly string[];
}

/** What Muster granted on this account, or adopted: access that may be removed. */
export async function managedOn(
  inventory: Pick<Inventory, 'listGrants'>,
  personId: string,
  accountId: string,
): Promise<readonly GrantRow[]> {
  const grants = await inventory.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
  return grants.filter((one) => one.accountId === accountId && one.reason !== 'preexisting');
}
