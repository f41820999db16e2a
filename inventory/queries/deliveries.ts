import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';

export async function isDelivered(db: Db, source: string, messageId: string): Promise<boolean> {
  const row = await db
    .selectFrom('deliveries')
    .select('acceptedAt')
    .where('source', '=', source)
    .where('messageId', '=', messageId)
    .executeTakeFirst();
  return row !== undefined;
}

/** To be called once the engine has accepted what the message says, never before. */
export const recordDelivery = locked(
  (source, messageId) => `delivery/${source}/${messageId}`,
  async (db: Db, source: string, messageId: string, acceptedAt: string): Promise<void> => {
    await db
      .insertInto('deliveries')
      .values({ source, messageId, acceptedAt })
      .onConflict((conflict) => conflict.columns(['source', 'messageId']).doNothing())
      .execute();
  },
);

export const forgetDeliveries = locked('deliveries', async (db: Db, acceptedBefore: string): Promise<void> => {
  await db.deleteFrom('deliveries').where('acceptedAt', '<', acceptedBefore).execute();
});
