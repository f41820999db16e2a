import type { Inventory } from '../../inventory/port/inventory.ts';
import type { PersonAttributes } from '../../domain/model.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { EventDraft } from '../operations/drafts.ts';

/** Of somebody with a contract for a time, somebody here must answer for them, or HR must say when it ends. */
export const contractorProblem = 'a contractor needs an end date or a sponsor: nobody else would ever end their access';

export function lacksEndAndSponsor(
  extra: PersonAttributes['extra'],
  { hasEnd, hasSponsor = false }: { readonly hasEnd: boolean; readonly hasSponsor?: boolean },
): boolean {
  const kinds = [extra?.['contractType'], extra?.['userType']].flat();
  const isContractor = kinds.some((kind) => kind !== undefined && /contractor/i.test(kind));
  return isContractor && !hasEnd && !hasSponsor && extra?.['sponsor'] === undefined;
}

/** Whether a leaver of theirs has arrived already, and waits for its day. */
export async function hasEndWaiting(inventory: Pick<Inventory, 'waitingEvents'>, personId: string): Promise<boolean> {
  const waiting = await inventory.waitingEvents({ personId, limit: 1_000 });
  return waiting.some(({ event }) => event.kind === 'leaver');
}

/** A hire of a contractor for whom neither an end nor a sponsor is known. `inventory` is absent where there is none yet. */
export async function isEndless(
  inventory: Pick<Inventory, 'waitingEvents'> | undefined,
  draft: EventDraft,
): Promise<boolean> {
  if (!isHire(draft) || !lacksEndAndSponsor(draft.person?.extra, { hasEnd: false })) return false;
  return inventory === undefined || !(await hasEndWaiting(inventory, draft.personId));
}
