import { ApplicationFailure } from '@temporalio/common';
import type { Policy } from '../../domain/policy/rules.ts';
import { withCalls } from './replaceCalls.ts';
import type { Datadog, DatadogClient } from '../types.ts';

/** Every call that changes something in Datadog. */
const writes = [
  'createAccount',
  'ensureAttributes',
  'ensureEnabled',
  'ensureDisabled',
  'sendInvitation',
  'cancelInvitations',
  'ensureGranted',
  'ensureRevoked',
] as const satisfies readonly (keyof Datadog)[];

/** The same client, which refuses to write while the policy observes: whatever a process believes. */
export function refuseWritesWhenObserving(client: DatadogClient, policy: () => Pick<Policy, 'mode'>): DatadogClient {
  return {
    ...client,
    attempt(options) {
      const api = client.attempt(options);
      if (policy().mode !== 'observe') return api;
      return withCalls(api, Object.fromEntries(writes.map((name) => [name, refuse])));
    },
  };
}

async function refuse(): Promise<never> {
  throw ApplicationFailure.nonRetryable('the policy says mode: observe: nothing is written to Datadog', 'Observing');
}
