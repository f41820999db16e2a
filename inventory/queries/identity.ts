import type { Db } from '../database/schema.ts';
import type { InventoryMark, MarkDifference } from '../port/identity.ts';
import { origin, readHead } from './evidence.ts';

export async function readMark(db: Db): Promise<InventoryMark> {
  const { inventoryId } = await db.selectFrom('identity').select('inventoryId').executeTakeFirstOrThrow();
  const { seq, hash } = await readHead(db);
  return { inventoryId, seq, hash };
}

/** Whether this is the inventory that was noted, or one that goes on from there; else how it differs. */
export async function differenceFrom(db: Db, noted: InventoryMark): Promise<MarkDifference | undefined> {
  const { inventoryId } = await readMark(db);
  if (inventoryId !== noted.inventoryId) return 'another';
  const link = await db.selectFrom('evidence').select('hash').where('seq', '=', noted.seq).executeTakeFirst();
  const hash = noted.seq === 0 ? origin : link?.hash;
  if (hash === undefined) return 'older';
  return hash === noted.hash ? undefined : 'parted';
}
