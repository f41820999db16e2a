import { setTimeout as pass } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { disableRefused, protectedAccount } from '../../domain/failures.ts';
import { toApplicationFailure } from '../../datadog/failures.ts';
import { openDatadog } from '../../datadog/index.ts';
import type { AttemptOptions, Datadog, DatadogClient } from '../../datadog/types.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator/index.ts';

/** A simulated Datadog and the client on it. */
export interface Pair extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly client: DatadogClient;
  /** A fresh attempt. */
  api(options?: AttemptOptions): Datadog;
}

export async function openPair(options: SimulatorOptions = {}): Promise<Pair> {
  const simulator = await startSimulator(options);
  const { apiKey, appKey } = simulator;
  const client = openDatadog({ baseUrl: simulator.url, keys: () => ({ apiKey, appKey }) });
  return {
    simulator,
    client,
    api: (attempt) => client.attempt(attempt),
    async [Symbol.asyncDispose]() {
      await client.close();
      await simulator.close();
    },
  };
}

/** The failure of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('it succeeded');
}

const mendable: readonly string[] = ['NotAuthorized', 'ObjectRefused', disableRefused, protectedAccount];

/**
 * Again and again as Temporal and the process would: what may be retried is retried after its delay, and what the key may
 * not do is done again once the key is mended, as a new activity. Throws what nobody repeats.
 */
export async function drive<T>(use: (attempt: number) => Promise<T>): Promise<T> {
  let attempt = 1;
  for (let tries = 1; tries <= 30; tries += 1) {
    try {
      return await use(attempt);
    } catch (error) {
      const failure = toApplicationFailure(error);
      if (!(failure instanceof ApplicationFailure)) throw error;
      const isMendable = mendable.includes(failure.type ?? '');
      if (failure.nonRetryable === true && !isMendable) throw error;
      attempt = isMendable ? 1 : attempt + 1;
      await pass(Number(failure.nextRetryDelay ?? 20));
    }
  }
  throw new Error('it did not succeed in 30 attempts');
}
