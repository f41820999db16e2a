import { RefusedError } from '../../domain/errors.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { RefusalRow } from '../../inventory/port/refusals.ts';

/** Where a refused part of a user stands, and one of a single request. */
export const scimRefOf = (id: string): string => `Users/${id}`;
export const scimRequestRefOf = (id: string): string => `${scimRefOf(id)}/request`;

/**
 * Has the gateway judge the user again, as they are on record. Throws a `RefusedError` where that would change nothing: the user is
 * gone, or it was a request that said something beside.
 */
export async function retryScim(
  inventory: Pick<Inventory, 'inTransaction'>,
  { source, ref }: Pick<RefusalRow, 'source' | 'ref'>,
): Promise<void> {
  const [, id = '', part] = ref.split('/');
  if (part !== undefined) {
    throw new RefusedError(
      'A request is not judged again, since the user is another one by now: have the identity provider push the user once more, then drop this one',
    );
  }
  await inventory.inTransaction(async (trx) => {
    await trx.lockScim(source);
    const row = await trx.findScim({ source, id });
    if (row === undefined) throw new RefusedError('The identity provider has deleted this user: drop this one');
    await trx.oweScim(source, [id]);
  });
}
