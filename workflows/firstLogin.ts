import { CancellationScope, condition } from '@temporalio/workflow';
import type { PersonAttributes } from './core/model.ts';
import type { PersonRun } from './personRun.ts';
import { handPoll } from './proxies.ts';
import { newsAt, takeNews } from './runPerson.ts';

/**
 * With `activation: jit` nothing is created and nobody is invited: SSO makes the account when the person first logs in,
 * and a pending invitation would prevent that. Answers whether they have, before the time is up.
 */
export async function firstLogin(run: PersonRun): Promise<boolean> {
  const giveUpAt = Date.now() + run.processTimes.giveUpAfterMs;
  await run.enter('waitingForAcceptance', 'the person to log in by SSO for the first time', giveUpAt);
  for (;;) {
    const { email } = latest(run);
    const answer = await loginOf(run, email, giveUpAt);
    if (answer !== 'news') return answer === 'loggedIn';
    if (takeNews(run)) run.note('changed in place by a newer event');
  }
}

async function loginOf(run: PersonRun, email: string, giveUpAt: number): Promise<'loggedIn' | 'news' | 'timeIsUp'> {
  let isThere = false;
  const poll = new CancellationScope();
  const polling = poll
    .run(() =>
      run.allowed(() =>
        handPoll.awaitFirstLogin.executeWithOptions({ summary: 'has the person logged in?' }, [run.personId, email]),
      ),
    )
    .then(() => (isThere = true))
    .catch(() => false);
  try {
    for (;;) {
      const [waiting, event] = [run.waiting, run.event];
      await condition(
        () => isThere || run.waiting !== waiting || run.event !== event,
        Math.max(1, Math.min(giveUpAt, newsAt(run)) - Date.now()),
      );
      if (isThere) return 'loggedIn';
      if (newsAt(run) <= Date.now()) return 'news';
      if (Date.now() >= giveUpAt) return 'timeIsUp';
    }
  } finally {
    poll.cancel();
    await polling;
  }
}

/** What HR says of the person by now. */
export function latest(run: PersonRun): PersonAttributes {
  if (run.attributes === undefined) throw new Error('an onboarding knows the attributes');
  return run.attributes;
}
