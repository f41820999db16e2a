import { createHash } from 'node:crypto';
import type { HeldLeaver, Release } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { NotFoundError, RefusedError } from '../../domain/errors.ts';
import { recordDecision } from '../../auth/operator.ts';
import type { OperatorContext } from './wake.ts';
import { wake } from './wake.ts';

interface HeldBatch {
  /** Hash of exactly these leavers: one more or less is another batch. */
  readonly batch: string;
  readonly leavers: readonly HeldLeaver[];
}

export async function heldBatch(inventory: Pick<Inventory, 'listHeld'>): Promise<HeldBatch> {
  const leavers = await inventory.listHeld();
  return { batch: batchOf(leavers.map(({ eventId }) => eventId)), leavers };
}

interface ReleaseRequest {
  readonly which: { readonly personId: string } | { readonly batch: string };
  readonly verdict: Release['verdict'];
  readonly reason?: string;
}

/** Releases or rejects held leavers. A batch that has changed since it was shown is refused. */
export async function releaseLeavers(
  context: OperatorContext,
  { which, verdict, reason }: ReleaseRequest,
): Promise<readonly HeldLeaver[]> {
  const { client, inventory, actor } = context;
  const held = await heldBatch(inventory);
  if ('batch' in which && which.batch !== held.batch) {
    throw new RefusedError(
      `The batch has changed since it was shown: it is ${held.batch} now, with ${held.leavers.length} leavers. See \`npx muster leaver held\``,
    );
  }
  const at = new Date().toISOString();
  const chosen = 'batch' in which ? { eventIds: held.leavers.map(({ eventId }) => eventId) } : which;
  const released = await inventory.inTransaction(async (trx) => {
    const { released: leavers, hasChanged } = await trx.releaseHeld(chosen, { actor, verdict, at, reason });
    if (hasChanged) throw new RefusedError('The batch has changed just now. See `npx muster leaver held`');
    for (const { personId, eventId, askedAt } of leavers) {
      await recordDecision(trx, context, {
        personId,
        eventId,
        step: verdict,
        at,
        action: `${verdict} held leaver`,
        reason,
        before: { heldSince: askedAt },
        after: { verdict, batch: 'batch' in which ? which.batch : undefined },
      });
    }
    return leavers;
  });
  if (released.length === 0) {
    const who = 'personId' in which ? `No leaver of ${which.personId}` : 'No leaver';
    throw new NotFoundError(`${who} is held: \`npx muster leaver held\` shows those that are`);
  }
  for (const { personId } of released) await wake(client, personId);
  return released;
}

const batchOf = (eventIds: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(eventIds.toSorted())).digest('hex').slice(0, 16);
