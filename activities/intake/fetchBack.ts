import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { HrEvent } from '../../domain/model.ts';
import { FetchRefused, HrUnavailable } from './ask.ts';
import type { Dependencies } from '../dependencies.ts';

export function createFetchBackActivities({ fetchRecord }: Pick<Dependencies, 'fetchRecord'>) {
  return {
    async fetchBack(event: HrEvent): Promise<readonly HrEvent[]> {
      try {
        return await fetchRecord(event, cancellationSignal());
      } catch (error) {
        if (!(error instanceof FetchRefused || error instanceof HrUnavailable)) throw error;
        const { name: type, message } = error;
        throw ApplicationFailure.create({ type, message, nonRetryable: error instanceof FetchRefused });
      }
    },
  };
}
