import type { Client } from '@temporalio/client';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { requireKnownInventory } from '../operations/knownInventory.ts';
import { isTemporalFailure } from '../operations/temporal.ts';

const answersWithinMs = 5_000;
const askAgainMs = 30_000;

/**
 * Throws a `RefusedError` where the namespace knows another inventory. While Temporal is away events are taken in all the same: it is
 * asked again until it has said, and `onStrange` is told then.
 */
export async function refuseStrangeInventory(
  client: Client,
  inventory: Pick<Inventory, 'readMark' | 'differenceFrom'>,
  onStrange: (error: unknown) => void,
): Promise<Disposable> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const ask = async (): Promise<void> => {
    try {
      await client.withDeadline(Date.now() + answersWithinMs, () => requireKnownInventory(client, inventory));
    } catch (error) {
      if (!isTemporalFailure(error)) throw error;
      if (!isOver) timer = setTimeout(() => void ask().catch(onStrange), askAgainMs);
    }
  };
  await ask();
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
