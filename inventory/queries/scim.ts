import { breathe } from '../port/breathe.ts';
import { sql, type Selectable } from 'kysely';
import { chunksOf } from '../database/chunks.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import type { ScimFilter, ScimGroup, ScimKey, ScimRow, OwedScim } from '../port/scim.ts';

const lockOf = ({ source }: Pick<ScimRow, 'source'>) => `scim/${source}` as const;
const chunkSize = 500;
/** Whole rows of users are written anew. */
const usersAtOnce = 100;

/** Nothing of this source changes from here to the end of the transaction. */
export const lockScim = locked(
  (source) => lockOf({ source }),
  (_db: Db, _source: string): Promise<void> => Promise.resolve(),
);

export async function findScim(db: Db, { source, id }: ScimKey): Promise<ScimRow | undefined> {
  const row = await byKey(db, { source, id }).where('version', '>', 0).executeTakeFirst();
  return row && toScimRow(row);
}

const byKey = (db: Db, { source, id }: ScimKey) =>
  db.selectFrom('scimResources').selectAll().where('source', '=', source).where('id', '=', id);

/** Oldest first. */
export async function listScim(
  db: Db,
  { source, resourceType, ...filter }: Pick<ScimRow, 'source' | 'resourceType'> & ScimFilter,
): Promise<readonly ScimRow[]> {
  let query = db
    .selectFrom('scimResources')
    .selectAll()
    .where('source', '=', source)
    .where('resourceType', '=', resourceType)
    .where('version', '>', 0);
  for (const column of ['id', 'name', 'externalId', 'personId'] as const) {
    const value = filter[column];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  const { memberId } = filter;
  if (memberId !== undefined) query = query.where('id', 'in', groupsWith(db, source, [memberId]));
  return (await query.orderBy('createdAt').orderBy('id').execute()).map(toScimRow);
}

const groupsWith = (db: Db, source: string, memberIds: readonly string[]) =>
  db
    .selectFrom('scimMembers')
    .select('groupId')
    .where('source', '=', source)
    .where('memberId', 'in', [...memberIds]);

/** Writes the row where its version still is `from` (undefined: it is new). */
export const writeScim = locked(
  lockOf,
  async (db: Db, row: ScimRow, { from }: { readonly from?: number } = {}): Promise<boolean> => {
    if (from === undefined) {
      await db.insertInto('scimResources').values(toColumns(row)).execute();
      return true;
    }
    const { numUpdatedRows } = await db
      .updateTable('scimResources')
      .set(toColumns(row))
      .where('source', '=', row.source)
      .where('id', '=', row.id)
      .where('version', '=', from)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  },
);

/** Gives a group these members. Returns who has come and who has gone. */
export const writeScimMembers = locked(
  lockOf,
  async (
    db: Db,
    { source, id }: ScimKey,
    members: readonly string[],
  ): Promise<{ readonly come: readonly string[]; readonly gone: readonly string[] }> => {
    const ofGroup = await db
      .selectFrom('scimMembers')
      .select('memberId')
      .where('source', '=', source)
      .where('groupId', '=', id)
      .execute();
    const [was, is] = [new Set(ofGroup.map(({ memberId }) => memberId)), new Set(members)];
    const come = [...is].filter((one) => !was.has(one));
    const gone = [...was].filter((one) => !is.has(one));
    for (const some of chunksOf(gone, chunkSize)) {
      await db
        .deleteFrom('scimMembers')
        .where('source', '=', source)
        .where('groupId', '=', id)
        .where('memberId', 'in', some)
        .execute();
      // SQLite answers without a pause: others have their turn in between.
      await breathe();
    }
    for (const some of chunksOf(come, chunkSize)) {
      const rows = some.map((memberId) => ({ source, groupId: id, memberId }));
      await db.insertInto('scimMembers').values(rows).execute();
      await breathe();
    }
    return { come, gone };
  },
);

/** Has events follow for the users whom the source calls by one of these ids, its own or Muster's. */
export const oweScim = locked(
  (source) => lockOf({ source }),
  async (db: Db, source: string, names: readonly string[]): Promise<void> => {
    for (const some of chunksOf(names, usersAtOnce)) {
      for (const column of ['id', 'externalId'] as const) {
        await oweWhere(db, source, column, some);
        await breathe();
      }
    }
  },
);

/** Has events follow for the users whose manager the source calls by one of these ids. */
export const oweScimReports = locked(
  (source) => lockOf({ source }),
  (db: Db, source: string, names: readonly string[]): Promise<void> => oweWhere(db, source, 'manager', names),
);

async function oweWhere(
  db: Db,
  source: string,
  column: 'id' | 'externalId' | 'manager',
  values: readonly string[],
): Promise<void> {
  // Looked up first: the update alone would go through all users of the source, by the index of their names.
  const found = await db
    .selectFrom('scimResources')
    .select(['id', 'resourceType'])
    .where('source', '=', source)
    .where(column, 'in', [...values])
    .execute();
  const ids = found.filter(({ resourceType }) => resourceType === 'User').map(({ id }) => id);
  // A manager may have more reports than a statement has room for.
  for (const some of chunksOf(ids, chunkSize)) {
    await db
      .updateTable('scimResources')
      .set({ owed: 1 })
      .where('source', '=', source)
      .where('owed', 'in', [0, 3])
      .where('id', 'in', some)
      .execute();
    await breathe();
  }
}

/** Has users judged anew whose manager had not come, and who have not changed since. */
export const oweAwaitingScim = locked('scim', async (db: Db, since: string): Promise<void> => {
  await db
    .updateTable('scimResources')
    .set({ owed: 1 })
    .where('owed', '=', 3)
    .where('lastModifiedAt', '<=', since)
    .execute();
});

/** Resources from which events have to follow, leavers first; without those of a source and kind that is named. */
export async function owedScim(
  db: Db,
  {
    limit,
    offset,
    without = [],
  }: {
    readonly limit: number;
    readonly offset: number;
    readonly without?: readonly Pick<OwedScim, 'source' | 'owed'>[];
  },
): Promise<readonly OwedScim[]> {
  let query = db.selectFrom('scimResources').select(['source', 'id', 'owed']).where('owed', 'in', [1, 2]);
  for (const { source, owed } of without) {
    query = query.where(({ not, and, eb }) => not(and([eb('source', '=', source), eb('owed', '=', owed)])));
  }
  return query.orderBy('owed', 'desc').orderBy('source').orderBy('id').limit(limit).offset(offset).execute();
}

/** The resource where events still have to follow from it, also a deleted one. */
export async function findOwedScim(db: Db, key: ScimKey): Promise<ScimRow | undefined> {
  const row = await byKey(db, key).where('owed', 'in', [1, 2]).executeTakeFirst();
  return row && toScimRow(row);
}

/** The events that had to follow are on record, and have said this of the person. */
export const settleScim = locked(
  lockOf,
  async (
    db: Db,
    { source, id }: ScimKey,
    { said, isAwaiting = false }: Pick<ScimRow, 'said'> & { readonly isAwaiting?: boolean },
  ): Promise<void> => {
    await db
      .updateTable('scimResources')
      .set({ owed: isAwaiting ? 3 : 0, said: said ?? null })
      .where('source', '=', source)
      .where('id', '=', id)
      .execute();
  },
);

/** It is gone, and so are its memberships. */
export const removeScim = locked(lockOf, async (db: Db, key: ScimKey): Promise<void> => {
  await db.deleteFrom('scimResources').where('source', '=', key.source).where('id', '=', key.id).execute();
  await endMemberships(db, key);
});

/** It is gone, but for the leaver that is owed. */
export const buryScim = locked(lockOf, async (db: Db, key: ScimKey): Promise<void> => {
  await db
    .updateTable('scimResources')
    .set({ version: 0, owed: 2 })
    .where('source', '=', key.source)
    .where('id', '=', key.id)
    .execute();
  await endMemberships(db, key);
});

async function endMemberships(db: Db, { source, id }: ScimKey): Promise<void> {
  for (const column of ['groupId', 'memberId'] as const) {
    await db.deleteFrom('scimMembers').where('source', '=', source).where(column, '=', id).execute();
  }
}

/** The groups that have this member, by whichever of its ids, by name. */
export async function scimGroupsOf(
  db: Db,
  source: string,
  memberIds: readonly string[],
): Promise<readonly ScimGroup[]> {
  const rows = await db
    .selectFrom('scimResources')
    .select(['id', 'displayName'])
    .where('source', '=', source)
    .where('resourceType', '=', 'Group')
    .where('id', 'in', groupsWith(db, source, memberIds))
    .execute();
  return rows
    .map(({ id, displayName }) => ({ id, displayName: displayName ?? '' }))
    .toSorted((a, b) => (a.displayName < b.displayName ? -1 : 1));
}

/** How many of these ids, the source's own or Muster's, are those of no resource. */
export async function countUnknownScim(db: Db, source: string, names: readonly string[]): Promise<number> {
  const unknown = new Set(names);
  for (const column of ['id', 'externalId'] as const) {
    for (const some of chunksOf([...unknown], chunkSize)) {
      const rows = await db
        .selectFrom('scimResources')
        .select(sql<string>`${sql.ref(column)}`.as('found'))
        .where('source', '=', source)
        .where('version', '>', 0)
        .where(column, 'in', some)
        .execute();
      for (const { found } of rows) unknown.delete(found);
      await breathe();
    }
  }
  return unknown.size;
}

/** The further ids, the source's own or Muster's, of the users whom it calls by these. */
export async function otherScimIds(db: Db, source: string, names: readonly string[]): Promise<readonly string[]> {
  const others = new Set<string>();
  for (const column of ['id', 'externalId'] as const) {
    for (const some of chunksOf(names, chunkSize)) {
      const users = await db
        .selectFrom('scimResources')
        .select(['id', 'externalId'])
        .where('source', '=', source)
        .where('resourceType', '=', 'User')
        .where('version', '>', 0)
        .where(column, 'in', some)
        .execute();
      for (const { id, externalId } of users) for (const one of [id, externalId]) if (one !== null) others.add(one);
      await breathe();
    }
  }
  for (const name of names) others.delete(name);
  return [...others];
}

function toColumns(row: ScimRow): Selectable<Schema['scimResources']> {
  const { displayName = null, externalId = null, manager = null, personId = null, said = null, ...rest } = row;
  return { ...rest, displayName, externalId, manager, personId, said };
}

const toScimRow = (row: Selectable<Schema['scimResources']>): ScimRow => withoutNulls(row);
