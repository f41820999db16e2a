import type { Db, Schema } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable as create, type Columns } from './table.ts';

/** Findings, what was repaired, and repairs that wait for somebody's word. */
export async function createFindingTables(db: Db, dialect: DialectName): Promise<void> {
  const createTable = (name: keyof Schema, columns: Columns, key: readonly string[]): Promise<void> =>
    create(db, dialect, { name, columns, key });
  await createTable(
    'findings',
    {
      findingId: 'text',
      kind: 'text',
      subject: 'text',
      scope: 'text',
      name: 'text',
      severity: 'text',
      personId: 'text?',
      accountId: 'text?',
      evidence: 'text',
      openedAt: 'text',
      closedAt: 'text?',
      mutedUntil: 'text?',
      muteReason: 'text?',
      mutedAt: 'text?',
    },
    ['findingId'],
  );
  await createTable('completeRosters', { source: 'text', appliedAt: 'text' }, ['source']);
  await createTable('repairs', { runId: 'text', subject: 'text', personId: 'text', at: 'text' }, ['runId', 'subject']);
  await createTable('repairRejections', { subject: 'text', batchId: 'text', at: 'text' }, ['subject']);
  await createTable(
    'quarantines',
    {
      batchId: 'text',
      runId: 'text',
      openedAt: 'text',
      state: 'text',
      budget: 'integer',
      people: 'text',
      decidedAt: 'text?',
      decidedBy: 'text?',
      reason: 'text?',
    },
    ['batchId'],
  );
  await db.schema.createIndex('findingsScope').on('findings').columns(['scope', 'kind']).execute();
  await db.schema.createIndex('findingsOpened').on('findings').columns(['openedAt', 'findingId']).execute();
  await db.schema.createIndex('repairsAt').on('repairs').column('at').execute();
  await db.schema.createIndex('grantsAccount').on('grants').column('accountId').execute();
}
