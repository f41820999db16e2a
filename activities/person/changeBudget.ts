import { ApplicationFailure } from '@temporalio/common';
import type { Admittance, Takes } from '../../domain/access/changeBudget.ts';
import { isUrgent, removalKind } from '../../domain/access/removals.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import { notOwed } from '../../domain/failures.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';
import type { Dependencies } from '../dependencies.ts';
import { stillHeld } from './awaiting.ts';

/** The event as the change budget counts it. */
export const removalBy = (policy: Policy, event: HrEvent, takes: Takes): Removal => ({
  eventId: event.eventId,
  personId: event.personId,
  source: event.source,
  kind: removalKind(event, takes),
  urgent: isUrgent(event, ranksOf(policy)),
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
  const inForce = policy();
  return inventory.admitRemoval(removalBy(inForce, event, takes), inForce.changeBudget);
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
