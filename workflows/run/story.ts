import type { EarlyEnd } from '../../domain/access/earlyEnd.ts';
import type { Employment, HrEvent, Outcome } from '../../domain/model.ts';
import type { PersonRun } from './personRun.ts';

/** How a story ended: for the event, and for the person. */
export interface Ending {
  readonly outcome: Outcome;
  readonly employment: Employment;
}

/** A process that changes nothing. */
export const ended = (end: EarlyEnd | undefined, employment: Employment, parts: Outcome['parts'] = []): Ending => ({
  outcome: { kind: end?.kind === 'failed' ? 'failed' : 'nothingToDo', detail: end?.detail, parts },
  employment,
});

export type Story = (run: PersonRun, event: HrEvent) => Promise<Ending>;
