import { leavesDue } from '../../activities/sync/leaves.ts';
import { minuteMs } from '../../domain/durations.ts';
import { judgeLeaves } from '../../domain/findings/leaves.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Late } from './metrics.ts';

const mostPeople = 1_000;

/** What is late by the record, for the metrics: three queries of rows that are few, or none. */
export const createLate = (
  inventory: Pick<Inventory, 'openLeaves' | 'openRefusals' | 'peopleNotTakenUp'>,
  policy: Pick<Policy, 'times' | 'identity' | 'sources'>,
): Late => ({
  async leavers() {
    const now = Date.now();
    return judgeLeaves(await inventory.openLeaves(leavesDue(policy, now)), now).found.length;
  },
  async untold() {
    const receivedBefore = new Date(Date.now() - minuteMs).toISOString();
    return (await inventory.peopleNotTakenUp({ receivedBefore, limit: mostPeople })).length;
  },
  async refusals() {
    return (await inventory.openRefusals()).reduce((sum, { leaving, others }) => sum + leaving + others, 0);
  },
});
