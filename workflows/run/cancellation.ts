import { ActivityFailure, CancelledFailure, CancellationScope, isCancellation } from '@temporalio/workflow';

/**
 * Whether this is the end of something cancelled. An attempt that fails while its cancellation is requested is not
 * tried again, and its failure comes as it was: that it would have been tried again tells it from a result.
 */
export function wasCancelled(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
}

/**
 * A write that was in flight when its process was ended may have lost its attempt together with a worker, and is not
 * tried again: that is the end of the process, not a part that failed.
 */
export function refuseToGoOn(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the process was ended');
}

/** For a catch of what an activity failed with: everything else is thrown on. */
export function throwUnlessFailed(error: unknown): asserts error is ActivityFailure {
  if (wasCancelled(error) || !(error instanceof ActivityFailure)) throw error;
}

export function ignoreCancellation(error: unknown): void {
  if (!wasCancelled(error)) throw error;
}
