import { ApplicationFailure } from '@temporalio/common';
import { isUrgent, removalKind, type Admittance, type Takes } from '../../domain/access/changeBudget.ts';
import { notOwed } from '../../domain/failures.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';
import type { Dependencies } from '../dependencies.ts';
import { stillHeld } from './awaiting.ts';

/** The event as the change budget counts it. */
export const removalBy = (event: HrEvent, takes: Takes): Removal => ({
  eventId: event.eventId,
  personId: event.personId,
  source: event.source,
  kind: removalKind(event, takes),
  urgent: isUrgent(event),
  at: new Date().toISOString(),
});

/** Counts what the event takes away against the change budget, or holds it. The same event again gets the same result. */
export async function admit(
  { inventory, policy }: Pick<Dependencies, 'inventory' | 'policy'>,
  { personId, eventId }: { readonly personId: string; readonly eventId: string },
  takes: Takes,
): Promise<Admittance> {
  const event = (await inventory.findEvent(eventId))?.event;
  if (event?.personId !== personId) throw ApplicationFailure.nonRetryable('the event is not on record', notOwed);
  return inventory.admitRemoval(removalBy(event, takes), policy().changeBudget);
}

/** What keeps too many from losing something at once. */
export function createChangeBudgetActivities(dependencies: Dependencies) {
  const admitRemoval = (personId: string, eventId: string, takes: Takes): Promise<Admittance> =>
    admit(dependencies, { personId, eventId }, takes);

  return {
    /** Whether the event may take this away now. */
    admitRemoval,

    /** Fails until a person has released it, or rejected it; is retried. */
    async awaitRelease(personId: string, eventId: string, takes: Takes): Promise<Admittance> {
      const admittance = await admitRemoval(personId, eventId, takes);
      if (admittance.state === 'held') throw stillHeld('nobody has released it yet');
      return admittance;
    },
  };
}
