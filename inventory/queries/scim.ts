import type { Selectable } from 'kysely';
import { chunksOf } from '../database/chunks.ts';
import { locked } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import { withoutNulls } from '../database/stored.ts';
import { parseJson } from '../port/json.ts';
import type { ScimGroup, ScimRow } from '../port/scim.ts';

export async function findScim(db: Db, { source, id }: Pick<ScimRow, 'source' | 'id'>): Promise<ScimRow | undefined> {
  const row = await db
    .selectFrom('scimResources')
    .selectAll()
    .where('source', '=', source)
    .where('id', '=', id)
    .where('version', '>', 0)
    .executeTakeFirst();
  return row && toScimRow(row);
}

/** Oldest first. */
export async function listScim(
  db: Db,
  {
    source,
    resourceType,
    name,
    externalId,
    personId,
  }: Pick<ScimRow, 'source' | 'resourceType'> & Partial<Pick<ScimRow, 'name' | 'externalId' | 'personId'>>,
): Promise<readonly ScimRow[]> {
  let query = db
    .selectFrom('scimResources')
    .selectAll()
    .where('source', '=', source)
    .where('resourceType', '=', resourceType)
    .where('version', '>', 0);
  if (name !== undefined) query = query.where('name', '=', name);
  if (externalId !== undefined) query = query.where('externalId', '=', externalId);
  if (personId !== undefined) query = query.where('personId', '=', personId);
  return (await query.orderBy('createdAt').orderBy('id').execute()).map(toScimRow);
}

/**
 * Takes the name of a user before anything follows from it. `taken` where another has it; the row of an earlier attempt
 * that came no further is taken up again, with its id.
 */
export const reserveScim = locked(
  ({ source }) => `scim/${source}`,
  async (db: Db, row: ScimRow): Promise<ScimRow | 'taken'> => {
    const holder = await db
      .selectFrom('scimResources')
      .selectAll()
      .where('source', '=', row.source)
      .where('resourceType', '=', row.resourceType)
      .where('name', '=', row.name)
      .executeTakeFirst();
    if (holder === undefined) {
      await db.insertInto('scimResources').values(toColumns(row)).execute();
      return row;
    }
    return holder.version > 0 ? 'taken' : toScimRow(holder);
  },
);

/** Writes the row, and the members of a group, where its version still is `from` (undefined: it is new). */
export const writeScim = locked(
  ({ source }) => `scim/${source}`,
  async (
    db: Db,
    row: ScimRow,
    { from, members }: { readonly from?: number; readonly members?: readonly string[] },
  ): Promise<boolean> => {
    if (from === undefined) {
      await db.insertInto('scimResources').values(toColumns(row)).execute();
    } else {
      const { numUpdatedRows } = await db
        .updateTable('scimResources')
        .set(toColumns(row))
        .where('source', '=', row.source)
        .where('id', '=', row.id)
        .where('version', '=', from)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
    }
    if (members !== undefined) await writeMembers(db, row, members);
    return true;
  },
);

async function writeMembers(db: Db, { source, id }: ScimRow, members: readonly string[]): Promise<void> {
  await db.deleteFrom('scimMembers').where('source', '=', source).where('groupId', '=', id).execute();
  const rows = [...new Set(members)].map((memberId) => ({ source, groupId: id, memberId }));
  for (const some of chunksOf(rows, 500)) await db.insertInto('scimMembers').values(some).execute();
}

/** False where its version is another by now. Memberships go with it. */
export const removeScim = locked(
  ({ source }) => `scim/${source}`,
  async (db: Db, { source, id, version }: ScimRow): Promise<boolean> => {
    const { numDeletedRows } = await db
      .deleteFrom('scimResources')
      .where('source', '=', source)
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    await db
      .deleteFrom('scimMembers')
      .where('source', '=', source)
      .where(({ or, eb }) => or([eb('groupId', '=', id), eb('memberId', '=', id)]))
      .execute();
    return true;
  },
);

/** The groups that have this member, by name. */
export async function scimGroupsOf(db: Db, source: string, memberId: string): Promise<readonly ScimGroup[]> {
  const rows = await db
    .selectFrom('scimMembers as member')
    .innerJoin('scimResources as group', (join) =>
      join.onRef('group.source', '=', 'member.source').onRef('group.id', '=', 'member.groupId'),
    )
    .select(['group.id', 'group.resource'])
    .where('member.source', '=', source)
    .where('member.memberId', '=', memberId)
    .execute();
  return rows
    .map(({ id, resource }) => ({ id, displayName: String(parseJson(resource)['displayName']) }))
    .toSorted((a, b) => (a.displayName < b.displayName ? -1 : 1));
}

function toColumns(row: ScimRow): Selectable<Schema['scimResources']> {
  const { externalId = null, personId = null, boundAs = null, ...rest } = row;
  return { ...rest, externalId, personId, boundAs };
}

const toScimRow = (row: Selectable<Schema['scimResources']>): ScimRow => withoutNulls(row);
