import type { Client } from '@temporalio/client';
import type { Notify } from '../../activities/notify/index.ts';
import { watchLeaves } from '../../activities/sync/leaves.ts';
import { watchEngine } from '../../activities/sync/watch.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { createEngineWatch } from './engineWatch.ts';

interface WatchOptions {
  readonly client: Client;
  readonly inventory: Inventory;
  /** The policy in force now. */
  readonly policy: () => Pick<Policy, 'sync' | 'times' | 'identity' | 'sources'>;
  readonly notify: Notify;
  readonly onError: (error: unknown, what: string) => void;
  readonly everyMs?: number;
}

const answersWithinMs = 20_000;

/**
 * What the light sync watches, watched from a process that runs no sync and no worker: leavers whose access has not ended, workers that are gone, runs
 * and syncs that are stuck. Who opens a finding first sends its notice. It begins after `everyMs`: a deployment starts in any order.
 */
export function watchFromOutside(options: WatchOptions): AsyncDisposable {
  const { everyMs = minuteMs } = options;
  const parts = partsOf(options);
  const failing = new Set<string>();
  async function turn(): Promise<void> {
    for (const { what, look } of parts) {
      try {
        await look();
        failing.delete(what);
      } catch (error) {
        // The database or Temporal may be away, which other lines say: the next turn asks again.
        if (!failing.has(what)) options.onError(error, what);
        failing.add(what);
      }
    }
  }
  let running = Promise.resolve();
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    running = turn().finally(() => (isRunning = false));
  }, everyMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}

function partsOf({ client, inventory, policy, notify }: WatchOptions) {
  const engine = createEngineWatch(client);
  return [
    { what: 'leavers could not be watched', look: () => watchLeaves({ inventory, policy, notify }) },
    {
      what: 'Temporal could not be watched',
      look: () =>
        client.withDeadline(Date.now() + answersWithinMs, () =>
          watchEngine({ engine, inventory, policy: policy(), notify }),
        ),
    },
  ];
}
