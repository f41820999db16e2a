import { sql } from 'kysely';
import type { Db, Schema } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable as create, type Columns } from './table.ts';

/** Teams with their members, non-human identities, and how completely each sync read each kind. */
export async function createDepthTables(db: Db, dialect: DialectName): Promise<void> {
  const createTable = (name: keyof Schema, columns: Columns, key: readonly string[]): Promise<void> =>
    create(db, dialect, { name, columns, key });
  await createTable(
    'teams',
    {
      teamId: 'text',
      handle: 'text',
      name: 'text',
      isManaged: 'integer',
      firstSeenAt: 'text',
      writtenAt: 'text',
      goneAt: 'text?',
    },
    ['teamId'],
  );
  await createTable(
    'teamMembers',
    { teamId: 'text', accountId: 'text', isAdmin: 'integer', since: 'text', until: 'text?' },
    ['teamId', 'accountId', 'since'],
  );
  await createTable(
    'nhis',
    {
      nhiId: 'text',
      kind: 'text',
      name: 'text',
      ownerAccountId: 'text?',
      nhi: 'text',
      firstSeenAt: 'text',
      writtenAt: 'text',
      lastSeenAt: 'text',
      goneAt: 'text?',
    },
    ['nhiId'],
  );
  await createTable('nhiOwners', { nhiId: 'text', personId: 'text', setAt: 'text' }, ['nhiId']);
  await createTable(
    'syncRunKinds',
    { runId: 'text', kind: 'text', state: 'text', permission: 'text?', reason: 'text?', readAt: 'text' },
    ['runId', 'kind'],
  );
  await db.schema.alterTable('roles').addColumn('goneAt', 'text').execute();

  await db.schema
    .createIndex('teamMembersOpen')
    .on('teamMembers')
    .columns(['teamId', 'accountId'])
    .unique()
    .where(sql<boolean>`${sql.ref('until')} is null`)
    .execute();
  await db.schema.createIndex('teamMembersAccount').on('teamMembers').columns(['accountId', 'since']).execute();
  await db.schema.createIndex('nhisKind').on('nhis').columns(['kind', 'name', 'nhiId']).execute();
  await db.schema.createIndex('nhisOwner').on('nhis').column('ownerAccountId').execute();
  await db.schema.createIndex('nhiOwnersPerson').on('nhiOwners').column('personId').execute();
  await db.schema.createIndex('syncRunKindsRead').on('syncRunKinds').columns(['kind', 'state', 'readAt']).execute();
  await db.schema
    .createIndex('accountsService')
    .on('accounts')
    .column('accountId')
    .where(sql<boolean>`${sql.ref('isServiceAccount')} = 1`)
    .execute();
}
