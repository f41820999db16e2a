import type { Admittance } from '../../domain/access/changeBudget.ts';
import { stillHeld } from './awaiting.ts';
import type { Dependencies } from '../dependencies.ts';

/** What keeps too many from being disabled at once. */
export function createChangeBudgetActivities({ inventory, policy }: Dependencies) {
  /** Counts a leaver against the change budget. */
  async function admitDisable(personId: string, eventId: string): Promise<Admittance> {
    return inventory.admitDisable({ eventId, personId, at: new Date().toISOString() }, policy().changeBudget);
  }

  return {
    admitDisable,

    /** Fails until a person has let the leaver go, or rejected it; is retried. */
    async awaitRelease(personId: string, eventId: string): Promise<Admittance> {
      const admittance = await admitDisable(personId, eventId);
      if (admittance.state === 'held') throw stillHeld('nobody has released the leaver yet');
      return admittance;
    },
  };
}
