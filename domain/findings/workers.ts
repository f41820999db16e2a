import { alivePollers, type Pollers } from '../workers.ts';
import { catalogEntry } from './catalog.ts';
import type { Found } from './found.ts';

const subject = 'workers';

/** Work that no living worker asks Temporal for. */
export function judgeWorkers(pollers: readonly Pollers[], nowMs: number): readonly Found[] {
  const idle = pollers.filter((one) => alivePollers(one, nowMs) === 0);
  if (idle.length === 0) return [];
  const { severity } = catalogEntry('workersAway');
  const work = idle.map(({ work: { queue, what } }) => `${what} of ${queue}`);
  return [{ kind: 'workersAway', subject, scope: subject, name: subject, severity, evidence: { work } }];
}
