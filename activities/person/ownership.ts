import { ApplicationFailure } from '@temporalio/common';
import { correlationConflict } from '../../domain/failures.ts';
import type { Account } from '../../domain/model.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import { DatadogFailure } from '../../datadog/failures.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { foldCase } from '../../domain/text.ts';
import { isJustCreated, notShown } from './lag.ts';

/** `advice` where linking or unlinking an account does not help. */
export const conflict = (message: string, advice?: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, correlationConflict, advice);

interface Whose {
  readonly personId: string;
  readonly accountId: string;
}

/**
 * The account as it is just before something is given to it, or changed. Throws a conflict where it is not safely this person's:
 * bound to another one, a service account, or with an e-mail that HR never sent for them.
 */
export async function checkedAccount(api: DatadogReads, inventory: Inventory, whose: Whose): Promise<Account> {
  const account = await boundAccount(api, inventory, whose);
  await refuseStranger(inventory, whose.personId, account);
  return account;
}

/** The same just before something is taken away: the binding suffices, whatever the account's e-mail has become. */
export async function boundAccount(
  api: DatadogReads,
  inventory: Inventory,
  { personId, accountId }: Whose,
): Promise<Account> {
  const account = await api.getAccount(accountId);
  if (account === undefined) {
    if (await isJustCreated(inventory, { personId, accountId })) throw notShown(accountId);
    throw new DatadogFailure('NotFound', `account ${accountId} does not exist`);
  }
  const holder = await inventory.personBoundTo(accountId);
  if (holder !== personId) {
    throw conflict(`account ${accountId} is bound to ${holder === undefined ? 'nobody' : `person ${holder}`} now`);
  }
  refuseServiceAccount(account);
  return account;
}

export function refuseServiceAccount({ id, isServiceAccount }: Account): void {
  if (isServiceAccount) throw conflict(`account ${id} is a service account`);
}

/** By the e-mails of the record, of before, and of what waits: HR's newest word may not be applied yet. */
export async function refuseStranger(inventory: Inventory, personId: string, account: Account): Promise<void> {
  refuseServiceAccount(account);
  const [record, waiting] = await Promise.all([
    inventory.findPerson(personId),
    inventory.waitingEvents({ personId, limit: 1_000 }),
  ]);
  const emails = [
    record?.attributes?.email,
    ...(record?.previousEmails ?? []),
    ...waiting.map(({ event }) => event.person?.email),
  ].flatMap((email) => (email === undefined ? [] : [foldCase(email)]));
  if (emails.length === 0 || emails.includes(foldCase(account.email))) return;
  throw conflict(`account ${account.id} has an e-mail that is neither the person's current nor a previous one`);
}
