import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { Message } from '../port/sources.ts';

const lockOf = ({ source, messageId }: Message): `delivery/${string}` => `delivery/${source}/${messageId}`;

/**
 * Remembers a message before its events are recorded. Returns how many other bodies had come under its id before, and
 * whether all of its events are on record already.
 */
export const claimDelivery = locked(lockOf, async (db: Db, message: Message, at: string) => {
  const { source, messageId, digest } = message;
  const rows = await db
    .selectFrom('deliveries')
    .select(['digest', 'position', 'acceptedAt'])
    .where('source', '=', source)
    .where('messageId', '=', messageId)
    .execute();
  const known = rows.find((row) => row.digest === digest);
  if (known !== undefined) return { position: known.position, isAccepted: known.acceptedAt !== null };
  const position = rows.length;
  await db
    .insertInto('deliveries')
    .values({ ...message, position, claimedAt: at, acceptedAt: null })
    .execute();
  return { position, isAccepted: false };
});

/** To be called once what the message says is on record, never before. */
export const recordDelivery = locked(lockOf, async (db: Db, message: Message, acceptedAt: string): Promise<void> => {
  await db
    .updateTable('deliveries')
    .set({ acceptedAt })
    .where('source', '=', message.source)
    .where('messageId', '=', message.messageId)
    .where('digest', '=', message.digest)
    .execute();
});

export const forgetDeliveries = locked('deliveries', async (db: Db, claimedBefore: string): Promise<void> => {
  await db.deleteFrom('deliveries').where('claimedAt', '<', claimedBefore).execute();
});
