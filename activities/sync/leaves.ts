import { ranksOf } from '../../domain/facts/ranks.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { judgeLeaves } from '../../domain/findings/leaves.ts';
import type { Found } from '../../domain/findings/found.ts';
import type { Dependencies } from '../dependencies.ts';
import { wholePage } from '../../inventory/port/findings.ts';

interface Watching extends Pick<Dependencies, 'notify'> {
  readonly inventory: Pick<Dependencies['inventory'], 'openLeaves' | 'closeLeaves' | 'writeFindings'>;
  readonly policy: () => Pick<Policy, 'times' | 'identity' | 'sources'>;
}

/** More than a company loses in a day; the next pass sees the rest. */
const mostLeaves = 500;

/** Asks the record alone for leavers whose access has not ended. A new one is a critical finding and a notice; returns them all. */
export async function watchLeaves({ inventory, policy, notify }: Watching): Promise<readonly Found[]> {
  const now = Date.now();
  const at = new Date(now).toISOString();
  const { found, closed } = judgeLeaves(await inventory.openLeaves(leavesDue(policy(), now)), now);
  if (closed.length > 0) await inventory.closeLeaves(closed);
  const { opened } = await inventory.writeFindings(wholePage({ foundAt: 'leave', found, at }));
  for (const { personId = '', since, evidence } of opened) {
    notify.send({ kind: 'leaverDelayed', personId, to: [], details: { since, ...evidence } });
  }
  return found;
}

/** What `openLeaves` is asked for. */
export const leavesDue = ({ times, ...sources }: Pick<Policy, 'times' | 'identity' | 'sources'>, now: number) => ({
  dueBefore: new Date(now - times.leaverAlarmAfterMs).toISOString(),
  at: new Date(now).toISOString(),
  ranks: ranksOf(sources),
  limit: mostLeaves,
});
