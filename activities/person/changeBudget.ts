import type { Admittance, Takes } from '../../domain/access/changeBudget.ts';
import { isUrgent, removalKind } from '../../domain/access/removals.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';
import type { Dependencies } from '../dependencies.ts';
import { stillHeld } from './awaiting.ts';
import { refuseAsNotOwed } from './refusals.ts';
import { attemptedAt, toldAt } from './word.ts';

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
  at: string = attemptedAt(),
): Promise<Admittance> {
  const row = await inventory.findEvent(eventId);
  if (row?.event.personId !== personId || !isInForce(row, at)) {
    const why = `event ${eventId} takes nothing away from person ${personId} now`;
    const asked = { step: 'admitRemoval', action: 'count against the change budget', isExplained: false };
    return refuseAsNotOwed(inventory, { because: { personId, eventId }, ...asked, why, at });
  }
  const inForce = policy();
  return inventory.admitRemoval(removalBy(inForce, row.event, takes), inForce.changeBudget);
}

/** Counted before its day, a mass of leavers would pass the change budget little by little. */
const isInForce = ({ event, outcome }: IntakeRow, at: string): boolean =>
  outcome === undefined && (isHire(event) || event.kind === 'reconcile' || event.immediate || event.effectiveAt <= at);

/** What keeps too many from losing something at once. */
export function createChangeBudgetActivities(dependencies: Dependencies) {
  return {
    /** Whether the event may take this away now. */
    admitRemoval: (personId: string, eventId: string, takes: Takes, at: string): Promise<Admittance> =>
      admit(dependencies, { personId, eventId }, takes, toldAt(at)),

    /** Fails until a person has released it, or rejected it; is retried. */
    async awaitRelease(personId: string, eventId: string, takes: Takes): Promise<Admittance> {
      const admittance = await admit(dependencies, { personId, eventId }, takes);
      if (admittance.state === 'held') throw stillHeld('nobody has released it yet');
      return admittance;
    },
  };
}
