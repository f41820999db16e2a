import type { Inventory } from '../../inventory/port/inventory.ts';
import { contractorProblem } from '../../domain/contractors.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { EventDraft } from '../operations/drafts.ts';

/** The contractor rule over one message; `waits` tells whether a leaver of the person already waits for its day. */
export async function endlessHire(
  drafts: readonly EventDraft[],
  waits: (hire: EventDraft) => Promise<boolean> | boolean,
): Promise<string | undefined> {
  const hire = drafts.find(isHire);
  const hasEnd = drafts.some(({ kind }) => kind === 'leaver');
  const problem = hire && contractorProblem(hire.person?.extra, { hasEnd });
  return problem !== undefined && hire !== undefined && (await waits(hire)) ? undefined : problem;
}

export async function hasEndWaiting(inventory: Pick<Inventory, 'waitingEvents'>, personId: string): Promise<boolean> {
  const waiting = await inventory.waitingEvents({ personId, limit: 1_000 });
  return waiting.some(({ event }) => event.kind === 'leaver');
}
