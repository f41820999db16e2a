import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { FetchRefused, HrUnavailable } from './ask.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Dependencies } from '../dependencies.ts';

export function createFetchBackActivities({ fetchRecord, inventory }: Pick<Dependencies, 'fetchRecord' | 'inventory'>) {
  /** A record that is gone may be a leaver's: a person confirms it. */
  async function refuse(event: HrEvent, { message, about }: FetchRefused): Promise<void> {
    const { personId, source, eventId: ref, fetchId } = event;
    const { isGone = false, kind, record } = about;
    const known = isGone ? await inventory.findPerson(personId) : undefined;
    if (known?.employment === 'left') return;
    const isSomebody = known?.attributes !== undefined || known?.accountId !== undefined;
    await inventory.refuseItem(
      {
        ...{ source, way: 'fetchBack', ref, externalId: fetchId, personId, reason: message },
        kind: isGone && isSomebody ? 'leaver' : kind,
        payload: isGone ? { fetchId, isGone } : { fetchId, record },
      },
      new Date().toISOString(),
    );
  }

  return {
    /** Asks HR for the record of an event that says an id only, and puts on record what follows from it, or why nothing does. */
    async fetchBack(personId: string, eventId: string): Promise<void> {
      const row = await inventory.findEvent(eventId);
      if (row?.event.personId !== personId || row.appliedAt !== undefined) return;
      try {
        const found = await fetchRecord(row, cancellationSignal());
        await inventory.recordFetched(personId, eventId, found, new Date().toISOString());
      } catch (error) {
        if (!(error instanceof FetchRefused || error instanceof HrUnavailable)) throw error;
        const { name: type, message } = error;
        if (error instanceof FetchRefused) {
          await refuse(row.event, error);
          throw ApplicationFailure.create({ type, message, nonRetryable: true });
        }
        const { againInMs: nextRetryDelay } = error;
        const category = nextRetryDelay === undefined ? undefined : ApplicationFailureCategory.BENIGN;
        throw ApplicationFailure.create({ type, message, nextRetryDelay, category });
      }
    },
  };
}
