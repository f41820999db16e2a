import { sleep } from '@temporalio/workflow';
import type { Invitation, SeenAccount } from '../../domain/model.ts';
import { notOwed } from '../../domain/failures.ts';
import { acceptancePoll, datadog } from '../proxies.ts';
import { throwUnlessFailed } from '../run/cancellation.ts';
import { failureIn } from '../run/failures.ts';
import { becauseOf, type PersonRun, type Uses } from '../run/personRun.ts';
import { alongside, waitFor } from '../run/waits.ts';
import { followNews, type Assignment } from './assignment.ts';
import { readAgain } from './correlate.ts';

/** An invitation as it was sent: the first, the second… */
interface SentInvitation extends Invitation {
  readonly round: number;
  readonly isAccepted?: true;
}

export async function sendInvitation(
  run: Uses<'process' | 'mailbox' | 'blockers'>,
  account: SeenAccount,
  round = 1,
): Promise<SentInvitation> {
  const { process, blockers } = run;
  const summary = `invitation ${round}`;
  const invitation = await blockers.allowed(() =>
    datadog.sendInvitation.executeWithOptions({ summary }, [account.id, becauseOf(run), round]),
  );
  if (invitation.isAccepted === true) return { ...invitation, round };
  process.note(`invitation ${round} sent, valid until ${invitation.expiresAt}`);
  return { ...invitation, round };
}

/** Invites again before each link dies, until the person has accepted; undefined where the time was up first. */
export async function acceptance(
  run: PersonRun,
  invited: Assignment,
  invitation: SentInvitation,
): Promise<Assignment | undefined> {
  const { id } = invited.account;
  const poll = { isAccepted: false };
  return alongside(
    async () => {
      while (await pollAcceptance(run, id)) {
        poll.isAccepted = true;
        await waitFor(() => !poll.isAccepted);
        // It read back as something else: a poll at once would see the same.
        await sleep('6 hours', { summary: 'the next poll of the acceptance' });
      }
    },
    async () => {
      const giveUpAt = Date.now() + run.mailbox.terms.times.giveUpAfterMs;
      const isReported = () => poll.isAccepted || run.process.reportedActive.has(id);
      let [current, sent] = [invited, invitation];
      for (;;) {
        const event = await nextEvent(run, sent, giveUpAt, isReported);
        if (event === 'timeIsUp') return undefined;
        if (event === 'reported') {
          const account = await readBack(run, id);
          if (account !== undefined) return { ...current, account };
          poll.isAccepted = false;
        } else if (event === 'resend') {
          sent = await sendInvitation(run, current.account, sent.round + 1);
          poll.isAccepted ||= sent.isAccepted === true;
        } else {
          current = await followNews(run, current);
          // Read again for the news: they may have accepted meanwhile, and nobody says so a second time.
          if (current.account.status === 'active') return current;
          if (current.hasNewEmail === true) sent = await sendInvitation(run, current.account, sent.round + 1);
        }
      }
    },
  );
}

/** Without the fallback there is still the sync's signal. */
async function pollAcceptance({ blockers }: Uses<'blockers'>, accountId: string): Promise<boolean> {
  try {
    await blockers.allowed(() => acceptancePoll.awaitAcceptance(accountId));
    return true;
  } catch (error) {
    throwUnlessFailed(error);
    return false;
  }
}

async function nextEvent(
  { process, mailbox }: Uses<'process' | 'mailbox'>,
  invitation: SentInvitation,
  giveUpAt: number,
  isReported: () => boolean,
): Promise<'reported' | 'news' | 'resend' | 'timeIsUp'> {
  const resendAt = resendTime(mailbox.terms.times.resendBeforeMs, invitation);
  for (;;) {
    const hasNews = mailbox.watch();
    await process.enter('waitingForAcceptance', 'the person to accept the invitation', giveUpAt);
    await waitFor(() => isReported() || hasNews(), {
      at: Math.min(resendAt, giveUpAt, mailbox.newsAt),
      summary: 'until it is accepted: invites again, or gives up',
    });
    if (isReported()) return 'reported';
    if (mailbox.takeNews()) return 'news';
    if (Date.now() >= giveUpAt) return 'timeIsUp';
    if (Date.now() >= resendAt) return 'resend';
  }
}

/** Early enough before the link dies; never at once again, should Datadog's clock and ours disagree. */
function resendTime(resendBeforeMs: number, { expiresAt }: Invitation): number {
  return Math.max(Date.parse(expiresAt) - resendBeforeMs, Date.now() + 60_000);
}

/** A signal comes from anywhere, so its claim is read back. Returns the account where it is active. */
async function readBack(
  run: Uses<'process' | 'mailbox' | 'blockers'>,
  accountId: string,
): Promise<SeenAccount | undefined> {
  const { process } = run;
  const account = await readAgain(run);
  process.reportedActive.clear();
  if (account === undefined || account.status !== 'active') {
    process.refuse('accountActivated signal', `account ${accountId} reads back as ${account?.status ?? 'gone'}`);
    return undefined;
  }
  process.useAccount(account);
  process.note('the invitation was accepted');
  return account;
}

/**
 * The link is taken back; the account stays Pending without roles, and a later activation starts it again. Where the policy gives more
 * time by now, the link ends by itself.
 */
export async function withdrawInvitations(
  run: Uses<'process' | 'mailbox' | 'blockers'>,
  { id }: SeenAccount,
): Promise<void> {
  try {
    await run.blockers.allowed(() => datadog.cancelInvitations(id, becauseOf(run)), { isPart: true });
  } catch (error) {
    const { type } = failureIn(error) ?? {};
    if (type !== notOwed && type !== 'ObjectRefused') throw error;
    run.process.note('the last invitation was not cancelled');
  }
}
