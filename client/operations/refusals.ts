import { randomUUID } from 'node:crypto';
import { recordDecision, type Operator } from '../../auth/operator.ts';
import { FailedError, NotFoundError, RefusedError } from '../../domain/errors.ts';
import type { Inventory, RecordTransaction } from '../../inventory/port/inventory.ts';
import type { RefusalRow } from '../../inventory/port/refusals.ts';

/** What an operator does about something that a source said and that could not be taken. */

/** Throws a `NotFoundError` where there is none of this id. */
export async function refusalOf(inventory: Pick<Inventory, 'findRefusal'>, refusalId: string): Promise<RefusalRow> {
  const row = await inventory.findRefusal(refusalId);
  if (row !== undefined) return row;
  throw new NotFoundError(`Nothing refused has the id ${refusalId}: \`npx muster intake refused list\` shows what is`);
}

/** What was said, as it came. That it was read leaves evidence, since it may be anything of a person. */
export async function readRefused(
  inventory: Pick<Inventory, 'findRefusal' | 'refusedPayload' | 'inTransaction'>,
  by: Operator,
  refusalId: string,
): Promise<RefusalRow & { readonly payload?: unknown }> {
  const row = await refusalOf(inventory, refusalId);
  const payload = await unsealed(inventory, refusalId);
  await inventory.inTransaction((trx) => note(trx, by, row, { step: 'read', action: 'read refused item' }));
  return { ...row, payload };
}

/** Undefined where it is not kept any more. Throws a `FailedError` where it cannot be read. */
export async function unsealed(inventory: Pick<Inventory, 'refusedPayload'>, refusalId: string): Promise<unknown> {
  try {
    return await inventory.refusedPayload(refusalId);
  } catch (error) {
    throw new FailedError(
      `What was refused cannot be read: ${error instanceof Error ? error.message : 'it is damaged'}`,
    );
  }
}

/** Decided by an operator: it is not on the list any more. Throws a `RefusedError` where it was decided before. */
export async function decideRefused(
  inventory: Pick<Inventory, 'findRefusal' | 'inTransaction'>,
  by: Operator,
  {
    refusalId,
    state,
    reason,
  }: { readonly refusalId: string; readonly reason?: string; readonly state: 'retried' | 'dropped' },
): Promise<RefusalRow> {
  await refusalOf(inventory, refusalId);
  const at = new Date().toISOString();
  return inventory.inTransaction(async (trx) => {
    const decided = await trx.decideRefusal(refusalId, { state, at, by: by.actor, why: reason });
    if (decided === undefined) throw new RefusedError(`Refusal ${refusalId} was decided already: nothing is changed`);
    const action = state === 'dropped' ? 'drop refused item' : 'retry refused item';
    await note(trx, by, decided, { step: state, action, reason, at });
    return decided;
  });
}

/** A retry of which it is not known yet what becomes: it stays on the list until then. */
export async function noteRetry(
  inventory: Pick<Inventory, 'inTransaction'>,
  by: Operator,
  { row, reason }: { readonly row: RefusalRow; readonly reason?: string },
): Promise<void> {
  await inventory.inTransaction((trx) => note(trx, by, row, { step: 'retried', action: 'retry refused item', reason }));
}

/** What its source has said anew since, and what could be taken then, is off the list, with a link that says so. */
export async function closeCorrected(
  trx: Pick<RecordTransaction, 'decideRefusal' | 'appendEvidence'>,
  refusals: readonly RefusalRow[],
  { at, why }: { readonly at: string; readonly why: string },
): Promise<void> {
  for (const { refusalId, source, personId, kind, ref } of refusals) {
    const closed = await trx.decideRefusal(refusalId, { state: 'corrected', at, by: source, why });
    if (closed === undefined) continue;
    await trx.appendEvidence({
      ...{ personId: personId ?? `intake/${source}`, eventId: `refusal:${refusalId}:${randomUUID()}` },
      ...{ step: 'corrected', at, actor: source, action: 'close refused item', reason: why },
      after: { refusal: refusalId, source, kind, ref },
    });
  }
}

async function note(
  trx: Pick<RecordTransaction, 'appendEvidence'>,
  by: Operator,
  { refusalId, source, personId, kind, ref }: RefusalRow,
  { step, ...done }: { readonly step: string; readonly action: string; readonly reason?: string; readonly at?: string },
): Promise<void> {
  await recordDecision(trx, by, {
    ...done,
    personId: personId ?? `intake/${source}`,
    eventId: `refusal:${refusalId}:${randomUUID()}`,
    step,
    after: { refusal: refusalId, source, kind, ref },
  });
}
