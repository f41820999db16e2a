import { neverSeenWords } from '../../domain/access/earlyEnd.ts';
import { blockerPoll } from '../proxies.ts';
import type { Uses } from '../run/personRun.ts';
import { alongside, waitFor } from '../run/waits.ts';

/**
 * A leaver for somebody who was never seen, without an account that is surely theirs, is held: a misspelt id must not look
 * like access that has ended. It goes on once an account is theirs, or another fact about the person has come.
 */
export async function untilKnown({ process, mailbox, blockers }: Uses<'process' | 'mailbox' | 'blockers'>) {
  const { personId } = process;
  const { eventId } = mailbox.event;
  const advice = `say whose account it is with \`npx muster person link ${personId} --account UUID\`, or send the event under the right id`;
  const hasNews = () => mailbox.waiting.some(({ kind }) => kind !== 'reconcile');
  await blockers.waitUntilResolved('held', { reason: neverSeenWords, advice }, async () => {
    let isTheirs = false;
    await alongside(
      async () => {
        await blockers.allowed(() =>
          blockerPoll.awaitCorrelation({ personId, eventId, isLeaving: true, isAccountNeeded: true }),
        );
        isTheirs = true;
      },
      () => waitFor(() => isTheirs || hasNews()),
    );
  });
}
