import type { Db } from './schema.ts';

/** The part of the inventory that knows which messages were accepted. */
export interface DeliveryInventory {
  isDelivered(source: string, messageId: string): Promise<boolean>;
  /** To be called once the engine has accepted what the message says, never before. */
  recordDelivery(source: string, messageId: string, acceptedAt: string): Promise<void>;
  forgetDeliveries(acceptedBefore: string): Promise<void>;
}

export async function isDelivered(db: Db, source: string, messageId: string): Promise<boolean> {
  const row = await db
    .selectFrom('deliveries')
    .select('acceptedAt')
    .where('source', '=', source)
    .where('messageId', '=', messageId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function recordDelivery(db: Db, source: string, messageId: string, acceptedAt: string): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({ source, messageId, acceptedAt })
    .onConflict((conflict) => conflict.columns(['source', 'messageId']).doNothing())
    .execute();
}

export async function forgetDeliveries(db: Db, acceptedBefore: string): Promise<void> {
  await db.deleteFrom('deliveries').where('acceptedAt', '<', acceptedBefore).execute();
}
