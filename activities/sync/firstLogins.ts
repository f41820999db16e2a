import type { Account } from '../../domain/model.ts';
import { withoutOn } from '../../datadog/failures.ts';
import type { Datadog } from '../../datadog/types.ts';
import { ofOneAlone } from './pace.ts';
import { activationSignal } from './signals.ts';
import type { Dependencies } from '../dependencies.ts';
import type { AwaitedLogin, PendingInvitation } from '../../inventory/port/people.ts';
import { foldCase } from '../../domain/text.ts';

/** How far apart Datadog's clock and ours may be, with what its lists lag behind. */
const overlapMs = 10 * 60_000;
/** What a light pass asks at most for this. Whom it misses is found by the full sync. */
const mostPages = 5;
const mostPeople = 5;

/** By every address that an account has: a handle that is theirs is a conflict, which their process shows. */
export function awaitedBy(waiting: readonly AwaitedLogin[]): (account: Account) => AwaitedLogin | undefined {
  const byEmail = new Map(waiting.map((one) => [one.email, one]));
  return ({ email, handle, status, isServiceAccount }) =>
    status === 'active' && !isServiceAccount
      ? (byEmail.get(foldCase(email)) ?? byEmail.get(foldCase(handle)))
      : undefined;
}

export const firstLogin = ({ personId, since }: AwaitedLogin, { id }: Account): PendingInvitation => ({
  personId,
  accountId: id,
  sentAt: since,
});

/**
 * Tells the processes of those for whom SSO has made an account since somebody last looked: a few requests, however many
 * wait. Returns how many.
 */
export async function signalFirstLogins(
  { inventory, signals }: Pick<Dependencies, 'inventory' | 'signals'>,
  api: Datadog,
  waiting: readonly AwaitedLogin[],
): Promise<number> {
  const [longest] = waiting;
  if (longest === undefined) return 0;
  const at = new Date().toISOString();
  const since = new Date(Date.parse(longest.lookedAt) - overlapMs).toISOString();
  const newest = await changedSince(api, since);
  // Where the list does not come in the requested order, a few are looked up in turn.
  const looked = newest === undefined ? waiting.slice(0, mostPeople) : waiting;
  const accounts = newest ?? (await lookUp(api, looked));
  const awaited = awaitedBy(looked);
  const signalActivated = activationSignal(signals);
  let activated = 0;
  for (const account of accounts) {
    const candidate = awaited(account);
    if (candidate === undefined) continue;
    await signalActivated(firstLogin(candidate, account));
    activated += 1;
  }
  await inventory.noteLookedForLogins(
    looked.map(({ personId }) => personId),
    at,
  );
  return activated;
}

async function lookUp(api: Datadog, looked: readonly AwaitedLogin[]): Promise<readonly Account[]> {
  const found = looked.map(({ email }) => withoutOn(ofOneAlone, api.findAccountsByAddress(email)));
  return (await Promise.all(found)).flatMap((accounts) => accounts ?? []);
}

/** Undefined where the list does not come with the latest change first. */
async function changedSince(api: Datadog, since: string): Promise<readonly Account[] | undefined> {
  const changed: Account[] = [];
  let size: number | undefined;
  for (let number = 0; number < mostPages; number += 1) {
    const page = await api.listAccountsPage({ number, order: 'latestChange', size });
    changed.push(...page.accounts);
    if (!isInOrder(changed)) return undefined;
    const [last] = changed.slice(-1);
    if (page.accounts.length + page.unread.length === 0 || (number + 1) * page.size >= page.total) break;
    if (timeOf(last) < Date.parse(since)) break;
    ({ size } = page);
  }
  return changed.filter((account) => timeOf(account) >= Date.parse(since));
}

const timeOf = (account: Account | undefined): number => Date.parse(account?.modifiedAt ?? '');

/** What changes while the pages are read moves to the front, and disturbs no order. */
function isInOrder(accounts: readonly Account[]): boolean {
  return accounts.every((account, index) => {
    const before = accounts[index - 1];
    return !Number.isNaN(timeOf(account)) && (before === undefined || timeOf(before) >= timeOf(account));
  });
}
