import { throwUnlessFailed } from '../run/cancellation.ts';
import { differingAttributes } from '../../domain/access/attributes.ts';
import type { Account, HrEvent, PersonAttributes } from '../../domain/model.ts';
import type { ResolvedAccess } from '../../domain/access/plan.ts';
import { bringInLine, untilSomethingNewer } from './access.ts';
import { needsApproval, onceAllowed } from './onceAllowed.ts';
import { wordsOf, type PersonRun } from '../run/personRun.ts';
import { datadog } from '../proxies.ts';
import { becauseOf } from './grants.ts';

/** Name, title and e-mail follow HR. An address that somebody else's account has is a part that failed, and no more. */
export async function alignAccount(
  run: PersonRun,
  event: HrEvent,
  account: Account,
  attributes: PersonAttributes,
): Promise<Account> {
  const wanted = differingAttributes(account, attributes);
  const { email, ...others } = wanted;
  let current = account;
  // By itself: an address that is refused leaves name and title done.
  for (const change of [others, email === undefined ? {} : { email }]) {
    const fields = Object.keys(change);
    if (fields.length === 0) continue;
    try {
      current = await run.allowed(() => datadog.updateAccount(account.id, change, becauseOf(run, event)));
    } catch (error) {
      throwUnlessFailed(error);
      if (needsApproval(error)) run.emailToAllow = email;
      else run.finishPart(`update ${fields.join(', ')}`, 'failed', wordsOf(error));
    }
  }
  return current;
}

/** Access as it is wanted, and an e-mail that waits to be allowed, side by side; until something newer takes over. */
export async function changeAccount(
  run: PersonRun,
  event: HrEvent,
  access: ResolvedAccess,
  account: Account,
): Promise<void> {
  await untilSomethingNewer(run, () =>
    Promise.all([bringInLine(run, event, access, account), changeEmailWhenAllowed(run, event, account.id)]),
  );
}

/** The e-mail of who holds a privileged role is a way to that role: it changes once somebody has allowed it. */
async function changeEmailWhenAllowed(run: PersonRun, event: HrEvent, accountId: string): Promise<void> {
  const email = run.emailToAllow;
  if (email === undefined) return;
  const part = 'update email';
  try {
    const change = await onceAllowed(run, { act: `change the e-mail of account ${accountId} to ${email}` }, (because) =>
      run.allowed(() => datadog.updateAccount(accountId, { email }, because(event))),
    );
    if (change.done) run.account = change.value;
    run.finishPart(part, change.done ? 'done' : 'notDone', change.done ? undefined : change.why);
  } catch (error) {
    throwUnlessFailed(error);
    run.finishPart(part, 'failed', wordsOf(error));
  }
}
