import { neverSeenWords } from '../../domain/access/earlyEnd.ts';
import type { PersonRun } from '../run/personRun.ts';
import { blockerPoll } from '../proxies.ts';
import { alongside, waitFor } from '../run/waits.ts';

/**
 * A leaver of whom nothing is known, with no account that is surely theirs, is held: a misspelt id must not look like access
 * that has ended. It goes on once an account is theirs, or another fact about the person has come.
 */
export async function untilKnown(run: PersonRun): Promise<void> {
  const advice = `say whose account it is with \`npx muster person link ${run.personId} --account UUID\`, or send the event under the right id`;
  const hasNews = () => run.waiting.some(({ kind }) => kind !== 'reconcile');
  const poll = () => run.allowed(() => blockerPoll.awaitCorrelation(run.personId, run.attributes?.email, true));
  await run.waitUntilResolved('held', { reason: neverSeenWords, advice }, async () => {
    let isTheirs = false;
    await alongside(
      () => poll().then(() => (isTheirs = true)),
      () => waitFor(() => isTheirs || hasNews()),
    );
  });
}
