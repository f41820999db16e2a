import { ApplicationFailure } from '@temporalio/common';
import type { Policy } from '../../domain/policy/rules.ts';
import { withCalls } from './replaceCalls.ts';
import type { DatadogClient, DatadogWrites } from '../types.ts';

/** How a write is refused while the policy observes. */
export const observing = 'Observing';

/** The same client, which refuses to write while the policy observes: whatever a process believes. */
export function refuseWritesWhenObserving(client: DatadogClient, policy: () => Pick<Policy, 'mode'>): DatadogClient {
  return {
    ...client,
    attempt(options) {
      const api = client.attempt(options);
      if (policy().mode !== 'observe') return api;
      return withCalls(api, refused);
    },
  };
}

async function refuse(): Promise<never> {
  throw ApplicationFailure.nonRetryable('the policy says mode: observe: nothing is written to Datadog', observing);
}

const refused: Record<keyof DatadogWrites, typeof refuse> = {
  createAccount: refuse,
  updateAccount: refuse,
  enableAccount: refuse,
  disableAccount: refuse,
  sendInvitation: refuse,
  cancelInvitations: refuse,
  assign: refuse,
  remove: refuse,
};
