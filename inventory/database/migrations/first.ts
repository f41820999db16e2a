import { sql } from 'kysely';
import type { Db, Schema } from '../schema.ts';
import type { DialectName } from '../dialect.ts';
import { createTable as create, type Columns } from './table.ts';

export async function createFirstTables(db: Db, dialect: DialectName): Promise<void> {
  const createTable = (name: keyof Schema, columns: Columns, key: readonly string[]): Promise<void> =>
    create(db, dialect, { name, columns, key });

  await createTable(
    'people',
    {
      personId: 'text',
      email: 'text?',
      attributes: 'text?',
      employment: 'text',
      accountId: 'text?',
      boundAt: 'text?',
      lines: 'text',
      finishedAt: 'text?',
    },
    ['personId'],
  );
  await createTable('previousEmails', { personId: 'text', email: 'text', since: 'text' }, ['personId', 'email']);
  await createTable(
    'progress',
    { personId: 'text', process: 'text', phase: 'text', waitingFor: 'text?', until: 'text?', at: 'text' },
    ['personId'],
  );
  await createTable(
    'intake',
    { eventId: 'text', personId: 'text', event: 'text', receivedAt: 'text', appliedAt: 'text?', outcome: 'text?' },
    ['eventId'],
  );
  await createTable(
    'pendingInvitations',
    { personId: 'text', accountId: 'text', invitationId: 'text?', sentAt: 'text?', expiresAt: 'text?' },
    ['personId'],
  );
  await createTable(
    'approvals',
    {
      personId: 'text',
      approvalId: 'text',
      requestedAt: 'text',
      request: 'text',
      state: 'text',
      deadline: 'text',
      closedAt: 'text?',
    },
    ['personId', 'approvalId', 'requestedAt'],
  );
  await createTable(
    'decisions',
    { personId: 'text', decisionId: 'text', approvalId: 'text', requestedAt: 'text?', at: 'text', decision: 'text' },
    ['personId', 'decisionId'],
  );
  await createTable(
    'grants',
    {
      personId: 'text',
      accountId: 'text',
      kind: 'text',
      entitlementId: 'text',
      name: 'text',
      since: 'text',
      until: 'text?',
      reason: 'text',
      because: 'text?',
    },
    ['personId', 'accountId', 'kind', 'entitlementId', 'since'],
  );
  await createTable(
    'accounts',
    {
      accountId: 'text',
      email: 'text',
      status: 'text',
      isServiceAccount: 'integer',
      search: 'text',
      account: 'text',
      firstSeenAt: 'text',
      writtenAt: 'text',
      lastSeenAt: 'text',
      goneAt: 'text?',
    },
    ['accountId'],
  );
  await createTable('accountRoles', { accountId: 'text', roleId: 'text', since: 'text', until: 'text?' }, [
    'accountId',
    'roleId',
    'since',
  ]);
  await createTable(
    'roles',
    { roleId: 'text', name: 'text', isManaged: 'integer', permissions: 'text', firstSeenAt: 'text', writtenAt: 'text' },
    ['roleId'],
  );
  await createTable('scans', { scanId: 'text', lastPageAt: 'text', sweptAt: 'text?', removed: 'integer?' }, ['scanId']);
  await createTable('scanPages', { scanId: 'text', page: 'text', accountIds: 'text' }, ['scanId', 'page']);
  await createTable(
    'syncRuns',
    { runId: 'text', depth: 'text', startedAt: 'text', finishedAt: 'text?', summary: 'text?', reason: 'text?' },
    ['runId'],
  );
  await createTable(
    'evidence',
    { seq: 'integer', personId: 'text', eventId: 'text', step: 'text', entry: 'text', hash: 'text' },
    ['seq'],
  );
  await createTable('evidenceHead', { id: 'integer', seq: 'integer', hash: 'text' }, ['id']);

  await db.schema.createIndex('peopleAccount').on('people').column('accountId').unique().execute();
  await db.schema.createIndex('peopleEmail').on('people').column('email').execute();
  await db.schema.createIndex('previousEmailsEmail').on('previousEmails').column('email').execute();
  await db.schema.createIndex('intakePerson').on('intake').column('personId').execute();
  await db.schema
    .createIndex('intakeWaiting')
    .on('intake')
    .columns(['receivedAt', 'eventId'])
    .where(isNull('appliedAt'))
    .execute();
  await db.schema.createIndex('approvalsState').on('approvals').columns(['state', 'requestedAt']).execute();
  await db.schema
    .createIndex('grantsOpen')
    .on('grants')
    .columns(['personId', 'accountId', 'kind', 'entitlementId'])
    .unique()
    .where(isNull('until'))
    .execute();
  await db.schema.createIndex('accountsEmail').on('accounts').columns(['email', 'accountId']).execute();
  await db.schema
    .createIndex('evidenceStep')
    .on('evidence')
    .columns(['eventId', 'step', 'personId'])
    .unique()
    .execute();
  await db.schema.createIndex('evidencePerson').on('evidence').columns(['personId', 'seq']).execute();
}

const isNull = (column: string) => sql<boolean>`${sql.ref(column)} is null`;

/** Evidence is only ever added to; the database itself refuses anything else. */
export async function addEvidenceGuards(db: Db, dialect: DialectName): Promise<void> {
  if (dialect === 'sqlite') {
    for (const change of ['update', 'delete']) {
      await sql
        .raw(
          `create trigger evidence_no_${change} before ${change} on evidence ` +
            `begin select raise(abort, 'evidence is append-only'); end`,
        )
        .execute(db);
    }
    return;
  }
  await sql
    .raw(
      `create function refuse_evidence_change() returns trigger language plpgsql as ` +
        `$$ begin raise exception 'evidence is append-only'; end $$`,
    )
    .execute(db);
  await sql
    .raw(
      `create trigger evidence_no_change before update or delete or truncate on evidence ` +
        `for each statement execute function refuse_evidence_change()`,
    )
    .execute(db);
}
