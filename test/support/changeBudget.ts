import type { ChangeBudget } from '../../domain/access/changeBudget.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';

/** So many people, in an hour and in a day, however many there are. */
export function budgetOf(people: number, more: Partial<ChangeBudget> = {}): ChangeBudget {
  const limit = { atLeast: people, percent: 0 };
  return { hour: limit, day: limit, ...more };
}

const sample: Removal = {
  eventId: 'l-1',
  personId: 'p-1',
  source: 'hr',
  kind: 'leaver',
  urgent: false,
  at: '2026-06-01T12:00:00.000Z',
};

export const removalOf = (more: Partial<Removal> = {}): Removal => ({ ...sample, ...more });
