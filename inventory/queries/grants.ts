import { locked, personLock } from '../database/locks.ts';
import { sql, type Selectable } from 'kysely';
import { present } from '../port/json.ts';
import type { Db, Schema } from '../database/schema.ts';
import type { GrantRow } from '../port/rows.ts';

/** Does nothing where the same grant is open. A grant that Muster found and now gives or takes over becomes a new one. */
export const openGrant = locked(personLock, async (db: Db, grant: GrantRow): Promise<void> => {
  const { personId, accountId, kind, id, name, since, until = null, reason, because = null } = grant;
  const open = await db
    .selectFrom('grants')
    .select(['reason', 'since'])
    .where('personId', '=', personId)
    .where('accountId', '=', accountId)
    .where('kind', '=', kind)
    .where('entitlementId', '=', id)
    .where('until', 'is', null)
    .executeTakeFirst();
  if (open !== undefined) {
    if (open.reason !== 'preexisting' || reason === 'preexisting' || since <= open.since) return;
    await closeGrant(db, personId, { kind, id }, since);
  }
  await db
    .insertInto('grants')
    .values({ personId, accountId, kind, entitlementId: id, name, since, until, reason, because })
    .onConflict((conflict) => conflict.columns(['personId', 'accountId', 'kind', 'entitlementId', 'since']).doNothing())
    .execute();
});

/** Closes what was open at that time; a grant that was given later stays. */
export const closeGrant = locked(
  personLock,
  async (db: Db, personId: string, { kind, id }: { kind: string; id: string }, at: string): Promise<void> => {
    await db
      .updateTable('grants')
      .set({ until: at })
      .where('personId', '=', personId)
      .where('kind', '=', sql<GrantRow['kind']>`${kind}`)
      .where('entitlementId', '=', id)
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
  const rows = await query
    .orderBy('personId')
    .orderBy('since')
    .orderBy('kind')
    .orderBy('entitlementId')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(toGrant);
}

function toGrant(row: Selectable<Schema['grants']>): GrantRow {
  return {
    personId: row.personId,
    accountId: row.accountId,
    kind: row.kind,
    id: row.entitlementId,
    name: row.name,
    since: row.since,
    ...present('until', row.until),
    reason: row.reason,
    ...present('because', row.because),
  };
}
