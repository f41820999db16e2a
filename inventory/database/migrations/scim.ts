import type { Db } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable } from './table.ts';

/** What identity providers push by SCIM: users and groups by source, and who is in which group. */
export async function createScim(db: Db, dialect: DialectName): Promise<void> {
  await createTable(db, dialect, {
    name: 'scimResources',
    columns: {
      source: 'text',
      id: 'text',
      resourceType: 'text',
      name: 'text',
      externalId: 'text?',
      personId: 'text?',
      boundAs: 'text?',
      version: 'integer',
      resource: 'text',
      createdAt: 'text',
      lastModifiedAt: 'text',
    },
    key: ['source', 'id'],
  });
  await db.schema
    .createIndex('scimResourcesName')
    .on('scimResources')
    .columns(['source', 'resourceType', 'name'])
    .execute();
  await createTable(db, dialect, {
    name: 'scimMembers',
    columns: { source: 'text', groupId: 'text', memberId: 'text' },
    key: ['source', 'groupId', 'memberId'],
  });
  await db.schema.createIndex('scimMembersMember').on('scimMembers').columns(['source', 'memberId']).execute();
}
