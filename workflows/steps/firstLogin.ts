import type { SeenAccount } from '../../domain/model.ts';
import { acceptancePoll } from '../proxies.ts';
import type { Uses } from '../run/personRun.ts';
import { alongside, waitFor } from '../run/waits.ts';
import { correlate } from './correlate.ts';

type Waiting = Uses<'process' | 'mailbox' | 'blockers'>;

/**
 * With `activation: jit` nothing is created and nobody is invited: SSO makes the account when the person first logs in,
 * and a pending invitation would prevent that. Returns the account; undefined where the time was up first.
 */
export async function firstLogin(run: Waiting, pending: SeenAccount | undefined): Promise<SeenAccount | undefined> {
  const { process, mailbox } = run;
  const giveUpAt = Date.now() + mailbox.terms.times.giveUpAfterMs;
  await process.enter('waitingForAcceptance', 'the person to log in by SSO for the first time', giveUpAt);
  for (let known = pending; ;) {
    const event = await nextEvent(run, known, giveUpAt);
    if (event === 'timeIsUp') return undefined;
    if (event === 'news' && mailbox.takeNews()) process.note('changed in place by a newer event');
    process.reportedActive.clear();
    known = await correlate(run);
    if (known !== undefined && known.status !== 'pending') return known;
    if (event === 'signal') process.refuse('accountActivated signal', `reads back as ${known?.status ?? 'no account'}`);
  }
}

/** By the sync's signal, by the fallback, or since HR says something else of the person. */
async function nextEvent(
  run: Waiting,
  pending: SeenAccount | undefined,
  giveUpAt: number,
): Promise<'signal' | 'poll' | 'news' | 'timeIsUp'> {
  const { process, mailbox, blockers } = run;
  const { eventId } = mailbox.event;
  const summary = 'fallback: has the person logged in?';
  let isPolled = false;
  return alongside(
    async () => {
      await blockers.allowed(() =>
        acceptancePoll.awaitFirstLogin.executeWithOptions({ summary }, [process.personId, eventId, pending?.id]),
      );
      isPolled = true;
    },
    async () => {
      for (;;) {
        const hasNews = mailbox.watch();
        await waitFor(() => isPolled || process.reportedActive.size > 0 || hasNews(), {
          at: Math.min(giveUpAt, mailbox.newsAt),
          summary: 'until the first login: gives up then',
        });
        if (isPolled) return 'poll';
        if (process.reportedActive.size > 0) return 'signal';
        if (mailbox.newsAt <= Date.now()) return 'news';
        if (Date.now() >= giveUpAt) return 'timeIsUp';
      }
    },
  );
}
