import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { FetchRefused, HrUnavailable } from './ask.ts';
import type { Dependencies } from '../dependencies.ts';

export function createFetchBackActivities({ fetchRecord, inventory }: Pick<Dependencies, 'fetchRecord' | 'inventory'>) {
  return {
    /** Asks HR for the record of an event that says an id only, and puts on record what follows from it. */
    async fetchBack(personId: string, eventId: string): Promise<void> {
      const row = await inventory.findEvent(eventId);
      if (row?.event.personId !== personId || row.appliedAt !== undefined) return;
      try {
        const found = await fetchRecord(row.event, cancellationSignal());
        await inventory.recordFetched(personId, eventId, found, new Date().toISOString());
      } catch (error) {
        if (!(error instanceof FetchRefused || error instanceof HrUnavailable)) throw error;
        const { name: type, message } = error;
        throw ApplicationFailure.create({ type, message, nonRetryable: error instanceof FetchRefused });
      }
    },
  };
}
