import type { Takes } from '../../domain/access/changeBudget.ts';
import { overBudget } from '../../domain/access/planWords.ts';
import { blockerPoll, records } from '../proxies.ts';
import type { Uses } from '../run/personRun.ts';
import { isoOf } from '../run/process.ts';

/** Above the change budget nothing is taken away until a person has released it. Returns who has rejected it, and why. */
export async function rejectedAboveBudget(
  { process, mailbox, blockers }: Uses<'process' | 'mailbox' | 'blockers'>,
  takes: Takes,
): Promise<string | undefined> {
  const { personId, type } = process;
  const { eventId } = mailbox.event;
  let admittance = await records.admitRemoval(personId, eventId, takes, isoOf(Date.now()));
  if (admittance.state === 'held') {
    const advice =
      type === 'offboarding'
        ? `\`npx muster leaver held\` shows all that are held, \`npx muster leaver release ${personId} --reason TEXT\` lets this one go`
        : `\`npx muster held list\` shows all that are held, \`npx muster held release ${personId} --reason TEXT\` lets this one go`;
    const reason = overBudget(admittance.above);
    const released = () =>
      blockers.waitUntilResolved('held', { reason, advice }, () => blockerPoll.awaitRelease(personId, eventId, takes));
    // Nothing of a leave is done before; of another process, all but this.
    admittance = await (type === 'offboarding' ? process.whileReplaceable(released) : released());
  }
  if (admittance.state !== 'rejected') return undefined;
  const why = admittance.reason === undefined ? '' : `: ${admittance.reason}`;
  return `rejected by ${admittance.actor}${why}`;
}
