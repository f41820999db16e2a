import { sql } from 'kysely';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import type { GrantRow } from '../port/grants.ts';

/** Does nothing where the same grant is open. A grant that Muster found and now grants or adopts becomes a new one. */
export const openGrant = locked(personLock, async (db: Db, grant: GrantRow): Promise<void> => {
  const { personId, accountId, kind, id, name, since, until, reason, because } = grant;
  const open = await db
    .selectFrom('grants')
    .select(['reason', 'since'])
    .where('personId', '=', personId)
    .where('accountId', '=', accountId)
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('until', 'is', null)
    .executeTakeFirst();
  if (open !== undefined) {
    if (open.reason !== 'preexisting' || reason === 'preexisting' || since <= open.since) return;
    await closeGrant(db, personId, { kind, id }, since);
  }
  await db
    .insertInto('grants')
    .values({ personId, accountId, kind, id, name, since, until, reason, because })
    .onConflict((conflict) => conflict.columns(['personId', 'accountId', 'kind', 'id', 'since']).doNothing())
    .execute();
});

/** Closes what was open at that time; a later grant stays. */
export const closeGrant = locked(
  personLock,
  async (db: Db, personId: string, { kind, id }: { kind: string; id: string }, at: string): Promise<void> => {
    await db
      .updateTable('grants')
      .set({ until: at })
      .where('personId', '=', personId)
      .where('kind', '=', sql<GrantRow['kind']>`${kind}`)
      .where('id', '=', id)
      .where('until', 'is', null)
      .where('since', '<=', at)
      .execute();
  },
);

export async function listGrants(
  db: Db,
  { personId, open, limit, offset }: { personId?: string; open?: boolean; limit: number; offset: number },
): Promise<readonly GrantRow[]> {
  let query = db.selectFrom('grants').selectAll();
  if (personId !== undefined) query = query.where('personId', '=', personId);
  if (open !== undefined) query = query.where('until', open ? 'is' : 'is not', null);
  const ordered = query.orderBy('personId').orderBy('since').orderBy('kind').orderBy('id');
  return (await ordered.limit(limit).offset(offset).execute()).map((row) => withoutNulls(row));
}
