import { readAll } from '../../../domain/pages.ts';
import { foldCase } from '../../../domain/text.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { RefusalRow } from '../../../inventory/port/refusals.ts';
import { closeCorrected } from '../../operations/refusals.ts';
import type { RowRefusal } from './model.ts';
import type { RowIdentity } from './read.ts';

/** Rows that are not taken, on record until the file is corrected. */

export interface RosterFile {
  readonly source: string;
  readonly way: 'roster' | 'adopt';
  /** Its name, without its folder. */
  readonly file: string;
  readonly at: string;
}

/** The id under which the source's people are known: its own, else their e-mail. */
const idOf = ({ externalId, email }: Pick<RowIdentity, 'externalId' | 'email'>): string | undefined =>
  externalId ?? (email === undefined ? undefined : `email:${foldCase(email)}`);

/** Returns the refusals' ids. */
export async function recordRefusals(
  inventory: Inventory,
  refused: readonly RowRefusal[],
  { source, way, file, at }: RosterFile,
): Promise<readonly string[]> {
  if (refused.length === 0) return [];
  const items = refused.map(({ line, message, who, personId, cells, isFactTaken }) => ({
    ...{ source, way, ref: `${file}:${line}`, externalId: who && idOf(who), personId },
    kind: isFactTaken === true ? ('mover' as const) : undefined,
    reason: message,
    payload: cells,
  }));
  return inventory.inTransaction((trx) => trx.refuseItems(items, at));
}

/**
 * Takes off the list what was refused of people whose rows are taken by now. Where nobody could read whom a line was about, it is
 * the line of the same number in a file of the same name.
 */
export async function closeTaken(
  inventory: Inventory,
  { taken, refusedIds }: { readonly taken: readonly RowIdentity[]; readonly refusedIds: readonly string[] },
  { source, way, file, at }: RosterFile,
): Promise<void> {
  const open = await readAll((limit, offset) => inventory.listRefusals({ state: 'open', source, way, limit, offset }));
  if (open.length === 0) return;
  const refused = new Set(refusedIds);
  const lines = new Map<string, number>();
  for (const { line, externalId, email } of taken) {
    for (const id of [externalId, idOf({ email })]) if (id !== undefined) lines.set(`id ${id}`, line);
    lines.set(`ref ${file}:${line}`, line);
  }
  const lineOf = ({ externalId, ref }: RefusalRow): number | undefined =>
    lines.get(externalId === undefined ? `ref ${ref}` : `id ${externalId}`);
  const closed = open.filter((row) => !refused.has(row.refusalId) && lineOf(row) !== undefined);
  if (closed.length === 0) return;
  await inventory.inTransaction(async (trx) => {
    for (const row of closed) await closeCorrected(trx, [row], { at, why: `${file}:${lineOf(row)} is taken` });
  });
}
