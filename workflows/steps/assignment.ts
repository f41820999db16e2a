import type { ResolvedAccess } from '../../domain/access/plan.ts';
import { differingAttributes } from '../../domain/access/attributes.ts';
import type { Account } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { throwUnlessFailed } from '../run/cancellation.ts';
import { wordsOf } from '../run/failures.ts';
import type { PersonRun } from '../run/personRun.ts';
import { needsApproval } from './onceApproved.ts';
import { becauseOf } from './entitlements.ts';
import { attributesOf, requestApprovals, wantedAccess } from './wantedAccess.ts';

/** An account with HR's name and title. */
interface AlignedAccount {
  readonly account: Account;
  /** HR's e-mail, where somebody must approve the change first. */
  readonly emailToApprove?: string;
}

/** What an account is to hold. */
export interface Assignment extends AlignedAccount {
  readonly access: ResolvedAccess;
}

/** Name, title and e-mail follow HR, but for a disabled account. An address that somebody else's account has is a part that failed, and no more. */
export async function alignAccount(run: PersonRun, account: Account): Promise<AlignedAccount> {
  const { process, mailbox, blockers } = run;
  let aligned: AlignedAccount = { account };
  process.useAccount(account);
  if (account.status === 'disabled') return aligned;
  const { email, ...others } = differingAttributes(account, attributesOf(run));
  // By itself: an address that is refused leaves name and title done.
  for (const change of [others, email === undefined ? {} : { email }]) {
    const fields = Object.keys(change);
    if (fields.length === 0) continue;
    try {
      const because = becauseOf(mailbox.event);
      aligned = { account: await blockers.allowed(() => datadog.updateAccount(account.id, change, because)) };
    } catch (error) {
      throwUnlessFailed(error);
      if (needsApproval(error)) aligned = { ...aligned, emailToApprove: email };
      else process.finishPart(`update ${fields.join(', ')}`, 'failed', { detail: wordsOf(error) });
    }
  }
  process.useAccount(aligned.account);
  return aligned;
}

/** News that came while the process waited changes in place what is wanted. */
export async function followNews(run: PersonRun, { account }: Assignment): Promise<Assignment> {
  const access = await wantedAccess(run);
  await requestApprovals(run, access, account);
  const aligned = await alignAccount(run, account);
  run.process.note('changed in place by a newer event');
  return { access, ...aligned };
}
