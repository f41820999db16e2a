import type { Account, PersonAttributes } from '../../domain/model.ts';
import type { PersonRun } from '../run/personRun.ts';
import { acceptancePoll } from '../proxies.ts';
import { newsAt, takeNews } from '../run/run.ts';
import { alongside, waitFor } from '../run/waits.ts';

/**
 * With `activation: jit` nothing is created and nobody is invited: SSO makes the account when the person first logs in,
 * and a pending invitation would prevent that. Answers the account; undefined where the time is up. `look` correlates, and
 * shows what stands in the way.
 */
export async function firstLogin(
  run: PersonRun,
  pending: Account | undefined,
  look: () => Promise<Account | undefined>,
): Promise<Account | undefined> {
  const giveUpAt = Date.now() + run.processTimes.giveUpAfterMs;
  await run.enter('waitingForAcceptance', 'the person to log in by SSO for the first time', giveUpAt);
  for (let known = pending; ;) {
    const answer = await somethingToLookAt(run, known, giveUpAt);
    if (answer === 'timeIsUp') return undefined;
    if (answer === 'news' && takeNews(run)) run.note('changed in place by a newer event');
    run.activated.clear();
    known = await look();
    if (known !== undefined && known.status !== 'pending') return known;
    if (answer === 'signal') run.refuse('accountActivated signal', `reads back as ${known?.status ?? 'no account'}`);
  }
}

/** By the sync's signal, by the fallback, or since HR says something else of the person. */
async function somethingToLookAt(
  run: PersonRun,
  pending: Account | undefined,
  giveUpAt: number,
): Promise<'signal' | 'poll' | 'news' | 'timeIsUp'> {
  let isPolled = false;
  const { email } = latest(run);
  const summary = 'fallback: has the person logged in?';
  const poll = () =>
    run.allowed(() =>
      acceptancePoll.awaitFirstLogin.executeWithOptions({ summary }, [run.personId, email, pending?.id]),
    );
  return alongside(
    () => poll().then(() => (isPolled = true)),
    async () => {
      for (;;) {
        const [waiting, event] = [run.waiting, run.event];
        await waitFor(() => isPolled || run.activated.size > 0 || run.waiting !== waiting || run.event !== event, {
          at: Math.min(giveUpAt, newsAt(run)),
          summary: 'until the first login: gives up then',
        });
        if (isPolled) return 'poll';
        if (run.activated.size > 0) return 'signal';
        if (newsAt(run) <= Date.now()) return 'news';
        if (Date.now() >= giveUpAt) return 'timeIsUp';
      }
    },
  );
}

/** What HR says of the person by now. */
export function latest(run: PersonRun): PersonAttributes {
  if (run.attributes === undefined) throw new Error('an onboarding knows the attributes');
  return run.attributes;
}
