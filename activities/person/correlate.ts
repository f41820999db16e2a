import { ApplicationFailure } from '@temporalio/common';
import { accountOf } from '../../domain/access/correlation.ts';
import type { Account } from '../../domain/model.ts';
import { isInDomains } from '../../domain/policy/rules.ts';
import type { Datadog } from '../../datadog/types.ts';
import { conflict } from './ownership.ts';
import { settleOpenWrites } from './recordedWrite.ts';
import type { Dependencies } from '../dependencies.ts';
import type { PendingInvitation } from '../../inventory/port/rows.ts';

export interface Correlation {
  readonly account?: Account;
}

interface Whose {
  readonly personId: string;
  readonly email?: string | undefined;
}

/** Whose account it is, and what the inventory is told of it. */
export function createCorrelation({ inventory, policy }: Pick<Dependencies, 'inventory' | 'policy'>) {
  /** External people are neither invited nor changed nor disabled, whatever HR says. */
  function refuseExternal(email: string): void {
    if (isInDomains(policy().identity.allowedDomains, email)) return;
    const domain = email.slice(email.lastIndexOf('@') + 1);
    throw ApplicationFailure.nonRetryable(
      `the e-mail's domain ${domain} is outside identity.allowedDomains: nothing is written for external accounts`,
      'OutsideAllowedDomains',
    );
  }

  /** What is on record of the invitation that is out; null for none. */
  async function pendingInvitation(personId: string): Promise<PendingInvitation | null> {
    const [pending = null] = await inventory.listPending(personId);
    return pending;
  }

  async function isAwaited(personId: string): Promise<boolean> {
    return (await pendingInvitation(personId)) !== null || (await inventory.listAwaitedLogins(personId)).length > 0;
  }

  async function bind(personId: string, accountId: string): Promise<void> {
    const { conflict: holder } = await inventory.bindAccount(personId, accountId, new Date().toISOString());
    if (holder !== undefined) {
      throw conflict(`account ${accountId} is bound to person ${holder}`);
    }
  }

  /** The inventory's picture of an account follows at once, not with the next sync. */
  async function note(account: Account): Promise<Account> {
    await inventory.writeAccounts({ accounts: [account], seenAt: new Date().toISOString() });
    return account;
  }

  /** By the binding on record, which a person may have changed since the process began. */
  async function correlate(api: Datadog, { personId, email }: Whose): Promise<Correlation> {
    const found = await findAccount(api, { personId, email });
    await settleOpenWrites(inventory, personId, found);
    // Their process knows it now: the sync need not say it again and again.
    if (found?.status === 'active' && (await isAwaited(personId))) await inventory.clearPending(personId);
    return found === undefined ? {} : { account: await note(found) };
  }

  async function findAccount(api: Datadog, { personId, email }: Whose): Promise<Account | undefined> {
    const accountId = (await inventory.findPerson(personId))?.accountId;
    const bound = accountId === undefined ? undefined : await api.getAccount(accountId);
    if (bound !== undefined) {
      refuseExternal(bound.email);
      return bound;
    }
    if (email === undefined) return undefined;
    refuseExternal(email);
    const found = accountOf(await api.findAccountsByAddress(email), email);
    if ('problem' in found) throw conflict(found.problem);
    const { account } = found;
    if (account === undefined) return undefined;
    await bind(personId, account.id);
    return account;
  }

  return { refuseExternal, pendingInvitation, bind, note, correlate };
}
