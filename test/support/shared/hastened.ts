// Part of the tests' bundle: what is tried again after a second is tried again after a tenth of it.
import { msToNumber, type RetryPolicy } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';

const longestMs = 1_000;
const factor = 10;

/** A wait of minutes is one for a person or for HR, whom a test plays itself: it stays. */
function hasten<Options extends { readonly retry?: RetryPolicy | undefined }>(options: Options): Options {
  const { retry } = options;
  const initialMs = msToNumber(retry?.initialInterval ?? longestMs);
  if (retry === undefined || initialMs > longestMs) return options;
  const { maximumInterval = 100 * initialMs } = retry;
  const hastened = { initialInterval: initialMs / factor, maximumInterval: msToNumber(maximumInterval) / factor };
  return { ...options, retry: { ...retry, ...hastened } };
}

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) => next({ ...input, options: hasten(input.options) }),
      scheduleLocalActivity: (input, next) => next({ ...input, options: hasten(input.options) }),
    },
  ],
});
