import { bind } from './database/bind.ts';
import { dialectOf } from './database/dialect.ts';
import { openDatabase, type InventoryLocation } from './database/open.ts';
import { grantRoles, type Roles } from './database/roles.ts';
import { useSigner, type GivenKeys } from './database/signer.ts';
import type { Inventory } from './port/inventory.ts';
import * as queries from './queries/index.ts';
import * as queriesInTransaction from './queries/inTransaction.ts';

export { isDatabaseAway } from './database/away.ts';
export type { InventoryLocation } from './database/open.ts';

/**
 * Opens the inventory: PostgreSQL by `url`, else SQLite in `file` (mode 0600, in a folder of mode 0700 where it is new).
 * The schema is brought to this version; an inventory that a newer version wrote is refused. Every link of evidence is signed:
 * where `signer` cannot, what would leave one fails, and nothing of it is written.
 */
export async function openInventory(location: InventoryLocation, signer: GivenKeys): Promise<Inventory> {
  const db = await openDatabase(location);
  useSigner(db, signer);
  const close = () => db.destroy();
  return {
    ...bind(queries, db),
    inTransaction: (work) => db.transaction().execute((trx) => work(bind(queriesInTransaction, trx))),
    dialect: dialectOf(db),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Brings the inventory to this version as its owner, and gives the roles of its processes what they need. PostgreSQL only. */
export async function prepareInventory(location: InventoryLocation, roles: Roles): Promise<void> {
  const db = await openDatabase(location);
  try {
    await grantRoles(db, roles);
  } finally {
    await db.destroy();
  }
}
