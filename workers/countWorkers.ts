import { aliveSince } from '../domain/instances.ts';
import type { Inventory } from '../inventory/port/inventory.ts';

const lookEveryMs = 15_000;

/** How many workers share Datadog's limits: those that have reported to the record lately. While it does not answer, as many as before. */
export async function countWorkers(
  inventory: Pick<Inventory, 'listInstances'>,
): Promise<{ readonly count: () => number } & Disposable> {
  let known = 1;
  const look = async (): Promise<void> => {
    const alive = await inventory.listInstances(aliveSince(Date.now()));
    known = Math.max(1, alive.filter(({ kind }) => kind === 'worker').length);
  };
  await look();
  const timer = setInterval(() => void look().catch(() => undefined), lookEveryMs).unref();
  return { count: () => known, [Symbol.dispose]: () => clearInterval(timer) };
}
