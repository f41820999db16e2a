import type { ResolvedAccess } from '../../domain/access/plan.ts';
import { removalHeld } from '../../domain/failures.ts';
import type { SeenAccount } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { throwUnlessFailed } from '../run/cancellation.ts';
import { failureIn, wordsOf } from '../run/failures.ts';
import { becauseOf, type PersonRun } from '../run/personRun.ts';
import { readAgain } from './correlate.ts';
import { needsApproval } from './onceApproved.ts';
import { requestApprovals, wantedAccess } from './wantedAccess.ts';

/** An account with HR's name and title. */
interface AlignedAccount {
  readonly account: SeenAccount;
  /** HR's new e-mail was written. */
  readonly hasNewEmail?: boolean;
  /** What HR's new e-mail waits for: that somebody approves it, or releases it above the change budget. */
  readonly emailAwaits?: 'approval' | 'release';
}

/** What an account is to hold. */
export interface Assignment extends AlignedAccount {
  readonly access: ResolvedAccess;
}

/** Name, title and e-mail follow HR, but for a disabled account. An address that somebody else's account has is a part that failed, and no more. */
export async function alignAccount(run: PersonRun, account: SeenAccount): Promise<AlignedAccount> {
  const { process, blockers } = run;
  let aligned: AlignedAccount = { account };
  process.useAccount(account);
  if (account.status === 'disabled') return aligned;
  const others = account.differing.filter((field) => field !== 'email');
  // By itself: an address that is refused leaves name and title done.
  for (const fields of [others, account.differing.filter((field) => field === 'email')]) {
    if (fields.length === 0) continue;
    const isEmail = fields.some((field) => field === 'email');
    try {
      const updated = await blockers.allowed(() => datadog.updateAccount(account.id, fields, becauseOf(run)), {
        isPart: true,
      });
      aligned = { account: updated, hasNewEmail: isEmail };
    } catch (error) {
      throwUnlessFailed(error);
      const emailAwaits = awaitedBy(error);
      if (emailAwaits !== undefined) aligned = { ...aligned, emailAwaits };
      else process.finishPart(`update ${fields.join(', ')}`, 'failed', { detail: wordsOf(error) });
    }
  }
  process.useAccount(aligned.account);
  return aligned;
}

/** What a new e-mail that was not written waits for. */
function awaitedBy(error: unknown): AlignedAccount['emailAwaits'] {
  if (needsApproval(error)) return 'approval';
  return failureIn(error)?.type === removalHeld ? 'release' : undefined;
}

/** News that came while the process waited changes in place what is wanted. */
export async function followNews(run: PersonRun, before: Assignment): Promise<Assignment> {
  const access = await wantedAccess(run);
  // Read again: HR says something else of it by now.
  const account = (await readAgain(run)) ?? before.account;
  await requestApprovals(run, access, account);
  const aligned = await alignAccount(run, account);
  run.process.note('changed in place by a newer event');
  return { access, ...aligned };
}
