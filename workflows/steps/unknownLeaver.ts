import type { PersonRun } from '../run/personRun.ts';
import { blockerPoll } from '../proxies.ts';
import { alongside, waitFor } from '../run/waits.ts';

/** Whether nothing was ever known of the person but this leaver. */
export function isNeverSeen({ record }: PersonRun): boolean {
  return record.employment === 'unknown' && record.accountId === undefined && record.attributes === undefined;
}

/**
 * A leaver of whom nothing is known, with no account that is surely theirs, is held: a misspelt id must not look like access
 * that has ended. It goes on once an account is theirs, or another fact about the person has come.
 */
export async function untilKnown(run: PersonRun): Promise<void> {
  const reason = 'a leaver for somebody who was never seen, without an account that is surely theirs';
  const advice = `say whose account it is with \`npx muster person link ${run.personId} --account UUID\`, or send the event under the right id`;
  const hasNews = () => run.waiting.some(({ kind }) => kind !== 'reconcile');
  const poll = () => run.allowed(() => blockerPoll.awaitCorrelation(run.personId, run.attributes?.email, true));
  await run.waitUntilResolved('held', { reason, advice }, async () => {
    let isTheirs = false;
    await alongside(
      () => poll().then(() => (isTheirs = true)),
      () => waitFor(() => isTheirs || hasNews()),
    );
  });
}
