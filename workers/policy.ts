import type { Client } from '@temporalio/client';
import type { Logger } from '@temporalio/worker';
import { acceptPolicy, requireNames } from '../auth/pins.ts';
import { startLivePolicy, type LivePolicy } from '../client/operations/livePolicy.ts';
import { notePolicy } from '../client/operations/notePolicy.ts';
import { applySchedules, describeSync } from '../client/operations/schedule.ts';
import type { Policy } from '../domain/policy/rules.ts';
import type { Inventory } from '../inventory/port/inventory.ts';

interface PolicyOptions {
  readonly path: string;
  /** As it was loaded, and its names are known to be sound. */
  readonly policy: Policy;
  readonly datadogIsSimulator: boolean;
  readonly inventory: Inventory;
  readonly client: Client;
  readonly logger: Logger;
  /** What else follows from a policy that comes into force. */
  readonly follow?: (policy: Policy) => Promise<void>;
}

/** Puts the worker's policy in force, and from now on each valid one that its file is changed to. */
export async function openPolicy({ follow, client, ...options }: PolicyOptions): Promise<LivePolicy> {
  const { inventory, policy, logger } = options;
  await putInForce(inventory, policy, logger);
  return startLivePolicy({
    ...options,
    kind: 'worker',
    admit: async (next) => {
      await requireNames(inventory, next);
      await putInForce(inventory, next, logger);
      return true;
    },
    follow: async (inForce) => {
      // Where there are none, nobody has asked for them yet: `schedule apply`.
      if ((await describeSync(client)) !== undefined) await applySchedules(client, inForce);
      await follow?.(inForce);
    },
  });
}

/** Names are pinned, and the evidence says so, before it counts. */
async function putInForce(inventory: Inventory, policy: Policy, logger: Logger): Promise<void> {
  for (const warning of await acceptPolicy(inventory, policy)) logger.warn(`policy: ${warning}`);
  await notePolicy(inventory, policy.hash);
}
