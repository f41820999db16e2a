import { AsyncLocalStorage } from 'node:async_hooks';
import type { Policy } from '../domain/policy/rules.ts';

/**
 * The policy may change while an activity runs. Each goes by the one that was in force when it began, so that it never takes
 * half of an answer from one policy and half from the next.
 */
export function createOnePolicy(inForce: () => Policy) {
  const begun = new AsyncLocalStorage<Policy>();
  return {
    policy: (): Policy => begun.getStore() ?? inForce(),
    hold: <Activities extends object>(activities: Activities): Activities =>
      Object.fromEntries(
        Object.entries(activities as Record<string, (...args: unknown[]) => unknown>).map(([name, run]) => [
          name,
          (...args: unknown[]) => begun.run(inForce(), () => run(...args)),
        ]),
      ) as Activities,
  };
}
