import type { AccessBefore } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';
import type { Dependencies } from '../dependencies.ts';

/** What a leaver held, for `person restore`. */
export function createAccessBeforeActivities({ inventory }: Dependencies) {
  return {
    /** What `person restore` grants again, where Muster disabled the account. */
    async readAccessBefore(personId: string): Promise<{ readonly before?: AccessBefore }> {
      return { before: await ownDisabling(inventory, personId) };
    },
  };
}

type Leaves = Pick<Inventory, 'findAccessBefore' | 'findPerson' | 'eventsOf' | 'hasEvidence'>;

/** What the account held that Muster disabled when the person last left; undefined where it was not Muster. */
export async function ownDisabling(inventory: Leaves, personId: string): Promise<AccessBefore | undefined> {
  const before = await inventory.findAccessBefore(personId);
  if (before === undefined) return undefined;
  const { eventId } = before;
  if (!(await inventory.hasEvidence({ personId, eventId, step: 'disableAccount' }))) return undefined;
  // An employed person's leave did not come to its end. A joining person may be a rehire that failed.
  const employment = (await inventory.findPerson(personId))?.employment;
  const isBack = employment === 'employed' || (await inventory.eventsOf(personId)).some((row) => isReturn(row, before));
  return isBack ? undefined : before;
}

/** They came back after that: if the account was disabled since, it was not by Muster. */
function isReturn({ event, appliedAt, outcome }: IntakeRow, before: AccessBefore): boolean {
  const isBack = ['joiner', 'updated', 'leaverRescinded'].includes(event.kind);
  const isDone = outcome?.kind === 'completed' || outcome?.kind === 'partiallyCompleted';
  return isBack && isDone && appliedAt !== undefined && appliedAt > before.at;
}
