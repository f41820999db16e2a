import { createHash } from 'node:crypto';
import type { RemovalKind } from '../../domain/access/changeBudget.ts';
import type { HeldRemoval, Release } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { NotFoundError, RefusedError } from '../../domain/errors.ts';
import { recordDecision } from '../../auth/operator.ts';
import type { OperatorContext } from './wake.ts';
import { wake } from './wake.ts';

interface HeldBatch {
  /** Hash of exactly these: one more or less is another batch. */
  readonly batch: string;
  readonly held: readonly HeldRemoval[];
}

/** What the change budget holds, of one kind only where it is given. */
export async function heldBatch(inventory: Pick<Inventory, 'listHeld'>, kind?: RemovalKind): Promise<HeldBatch> {
  const held = await inventory.listHeld({ kind });
  return { batch: batchOf(held.map(({ eventId }) => eventId)), held };
}

interface HeldDecision {
  readonly which: { readonly personId: string } | { readonly batch: string };
  /** Of this kind only. */
  readonly kind?: RemovalKind;
  readonly verdict: Release['verdict'];
  readonly reason?: string;
}

/** Releases or rejects what is held. A batch that has changed since it was shown is refused. */
export async function decideHeld(
  context: OperatorContext,
  { which, kind, verdict, reason }: HeldDecision,
): Promise<readonly HeldRemoval[]> {
  const { client, inventory, actor } = context;
  const { batch, held } = await heldBatch(inventory, kind);
  const list = kind === 'leaver' ? '`npx muster leaver held`' : '`npx muster held list`';
  if ('batch' in which && which.batch !== batch) {
    throw new RefusedError(
      `The batch has changed since it was shown: it is ${batch} now, with ${held.length} held. See ${list}`,
    );
  }
  const at = new Date().toISOString();
  const chosen = 'batch' in which ? { eventIds: held.map(({ eventId }) => eventId) } : which;
  const decided = await inventory.inTransaction(async (trx) => {
    const { released, hasChanged } = await trx.releaseHeld({ ...chosen, kind }, { actor, verdict, at, reason });
    if (hasChanged) throw new RefusedError(`The batch has changed just now. See ${list}`);
    for (const { personId, eventId, askedAt, kind: takes } of released) {
      await recordDecision(trx, context, {
        personId,
        eventId,
        step: verdict,
        at,
        action: `${verdict} held ${takes}`,
        reason,
        before: { heldSince: askedAt },
        after: { verdict, batch: 'batch' in which ? which.batch : undefined },
      });
    }
    return released;
  });
  if (decided.length === 0) {
    const what = kind === 'leaver' ? 'No leaver' : 'Nothing';
    throw new NotFoundError(
      `${what}${'personId' in which ? ` of ${which.personId}` : ''} is held: ${list} shows what is`,
    );
  }
  for (const { personId } of decided) await wake(client, personId);
  return decided;
}

const batchOf = (eventIds: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(eventIds.toSorted())).digest('hex').slice(0, 16);
