import type { Employment, HrEvent, Outcome } from '../../domain/model.ts';
import type { PersonRun } from './personRun.ts';

/** How a story ended: for the event, and for the person. */
export interface Ending {
  readonly outcome: Outcome;
  readonly employment: Employment;
}

export type Story = (run: PersonRun, event: HrEvent) => Promise<Ending>;
