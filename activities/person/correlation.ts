import { ApplicationFailure } from '@temporalio/common';
import { accountOf } from '../../domain/access/correlation.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Account, SeenAccount } from '../../domain/model.ts';
import { isInDomains, type Policy } from '../../domain/policy/rules.ts';
import { isFailure } from '../../datadog/failures.ts';
import type { DatadogReads, ReadAccount } from '../../datadog/types.ts';
import { withoutAddresses } from '../../domain/text.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { PendingInvitation } from '../../inventory/port/people.ts';
import type { Dependencies } from '../dependencies.ts';
import { withDatadog } from '../attempt.ts';
import { isJustCreated, notShown } from './lag.ts';
import { conflict } from './ownership.ts';
import { settleOpenWrites } from './openWrites.ts';
import { attemptedAt, seenBy, wordFor } from './word.ts';

interface Correlation {
  readonly account?: Account;
}

interface Whose {
  readonly personId: string;
  readonly email?: string;
  /** Access is taken away: the account that is theirs on record is, whatever its e-mail has become. */
  readonly isLeaving?: boolean;
}

type Context = Pick<Dependencies, 'inventory' | 'policy'> & { readonly api: DatadogReads };

/** Whose account is asked for, because of which event. */
export interface AskedAccount extends Pick<Because, 'personId' | 'eventId'> {
  readonly isLeaving?: boolean;
}

export function createCorrelationActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /**
     * The person's account: the bound one, else the one human account with exactly the e-mail on record, which is then
     * bound. Of a leaver the bound one is found whatever its e-mail and HR's have become: neither may keep it alive.
     */
    async correlateAccount({
      personId,
      eventId,
      isLeaving = false,
      isBound = false,
    }: AskedAccount & {
      /** Their account was found before: only the binding counts. */
      readonly isBound?: boolean;
    }): Promise<{ readonly account?: SeenAccount }> {
      const word = await wordFor({ inventory, policy }, { personId, eventId }, attemptedAt());
      // A new address outside changes nothing of whose the bound account is: only that it is not written there.
      if (word !== undefined && !isLeaving && !isBound) refuseExternal(policy(), word.email);
      return withDatadog(datadog, async (api) => {
        const { account } = await correlate(
          { api, inventory, policy },
          { personId, email: isBound ? undefined : word?.email, isLeaving },
        ).catch((error: unknown) => {
          throw isLeaving ? askedAgain(error) : error;
        });
        return account === undefined ? {} : { account: seenBy(word, account) };
      });
    },
  };
}

/** A reading that Datadog refuses ends no leaver, and nothing that waits: the alarm says that it takes too long. */
export const askedAgain = (error: unknown): unknown =>
  isFailure(error, 'InvalidRequest', 'ObjectRefused', 'NotFound', 'Conflict')
    ? ApplicationFailure.retryable(withoutAddresses(error.message), error.type)
    : error;

/** By the binding on record, which an operator may have changed since the process began. */
export async function correlate(context: Context, whose: Whose): Promise<Correlation> {
  const { inventory } = context;
  const { personId } = whose;
  const { account, isBound } = await locateAccount(context, whose);
  if (account !== undefined && !isBound) await bind(inventory, personId, account.id);
  await settleOpenWrites(inventory, personId, { account });
  // Their process knows it now: the sync need not say it again and again.
  if (account?.status === 'active' && (await isAwaited(inventory, personId))) await inventory.clearPending(personId);
  return account === undefined ? {} : { account: await recordAccount(inventory, account) };
}

interface Located {
  readonly account?: Account;
  readonly isBound: boolean;
}

/** Reads only. Throws where it is not clear whose account it is, or where it is an external one. */
export async function locateAccount(
  { api, inventory, policy }: Omit<Context, 'inventory'> & { readonly inventory?: Inventory },
  { personId, email, isLeaving = false }: Whose,
): Promise<Located> {
  const known = await inventory?.findPerson(personId);
  // The account with their e-mail is theirs under the id that goes on: the end of the other one ends nothing.
  if (isLeaving && known?.replacedBy !== undefined) return { isBound: false };
  const accountId = known?.accountId;
  const bound = accountId === undefined ? undefined : await api.getAccount(accountId, { withoutRoles: isLeaving });
  if (bound !== undefined) {
    if (!isLeaving) refuseExternal(policy(), bound.email);
    return { account: bound, isBound: true };
  }
  const isMissing = accountId !== undefined && inventory !== undefined;
  if (isMissing && (await isJustCreated(inventory, { personId, accountId }))) throw notShown(accountId);
  if (email === undefined) return { isBound: false };
  refuseExternal(policy(), email);
  const found = accountOf(await api.findAccountsByAddress(email), email);
  if ('problem' in found) throw conflict(found.problem);
  return { account: found.account, isBound: false };
}

export const outsideAllowedDomains = 'OutsideAllowedDomains';

/** External people are neither invited nor changed nor disabled, whatever HR says. */
export function refuseExternal({ identity }: Pick<Policy, 'identity'>, email: string): void {
  if (isInDomains(identity.allowedDomains, email)) return;
  const domain = email.slice(email.lastIndexOf('@') + 1);
  throw ApplicationFailure.nonRetryable(
    `the e-mail's domain ${domain} is outside identity.allowedDomains: nothing is written for external accounts`,
    outsideAllowedDomains,
  );
}

export async function bind(inventory: Inventory, personId: string, accountId: string): Promise<void> {
  const { conflict: holder } = await inventory.bindAccount(personId, accountId, new Date().toISOString());
  if (holder !== undefined) throw conflict(`account ${accountId} is bound to person ${holder}`);
}

/** The inventory's picture of an account follows at once, not with the next sync. */
export async function recordAccount(inventory: Inventory, account: ReadAccount): Promise<Account> {
  const seenAt = new Date().toISOString();
  const { areRolesUnread = false, ...shown } = account;
  // Roles that are not shown are those that are known; of an account of which none are, nothing is put on record.
  const known = areRolesUnread ? await inventory.findAccount(account.id) : account;
  if (known !== undefined) await inventory.writeAccounts({ accounts: [{ ...shown, roleIds: known.roleIds }], seenAt });
  return account;
}

/** The invitation that is out, as recorded; null for none. */
export async function pendingInvitation(inventory: Inventory, personId: string): Promise<PendingInvitation | null> {
  const [pending = null] = await inventory.listPending(personId);
  return pending;
}

const isAwaited = async (inventory: Inventory, personId: string): Promise<boolean> =>
  (await pendingInvitation(inventory, personId)) !== null || (await inventory.listAwaitedLogins(personId)).length > 0;
