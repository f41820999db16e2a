import { locked } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';

/** Whether `holder` has the lease from now until `until`. One that is released is free at once. */
export const takeLease = locked(
  (name) => `lease/${name}`,
  async (db: Db, name: string, holder: string, now: string, until: string): Promise<boolean> => {
    const taken = await db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
    if (taken !== undefined && taken.holder !== holder && taken.until > now) return false;
    await db
      .insertInto('leases')
      .values({ name, holder, until })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ holder, until }))
      .execute();
    return true;
  },
);

export const releaseLease = locked(
  (name) => `lease/${name}`,
  async (db: Db, name: string, holder: string): Promise<void> => {
    await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
  },
);
