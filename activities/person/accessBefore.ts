import type { AccessBefore } from '../../inventory/port/leavers.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { IntakeRow } from '../../inventory/port/rows.ts';

/** What the account held that Muster disabled when the person last left; undefined where it was not Muster. */
export async function findAccessBefore(inventory: Inventory, personId: string): Promise<AccessBefore | undefined> {
  const before = await inventory.findAccessBefore(personId);
  if (before === undefined) return undefined;
  const history = await inventory.personHistory(personId);
  // Of who is employed the leave did not come to its end. Who is joining may be a rehire that failed.
  const isBack = history?.person.employment === 'employed' || history?.events.some((row) => isReturn(row, before));
  return isBack === true ? undefined : before;
}

/** They came back after that: whoever disabled the account since was not Muster. */
function isReturn({ event, appliedAt, outcome }: IntakeRow, before: AccessBefore): boolean {
  const isBack = ['joiner', 'updated', 'leaverRescinded'].includes(event.kind);
  const isDone = outcome?.kind === 'completed' || outcome?.kind === 'partiallyCompleted';
  return isBack && isDone && appliedAt !== undefined && appliedAt > before.at;
}
