import type { Tables } from './tables.ts';

/** What syncs saw in Datadog. */
export const observedTables = {
  accounts: {
    columns: {
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
    key: ['accountId'],
    indexes: {
      accountsEmail: { on: ['email', 'accountId'] },
      accountsService: { on: ['accountId'], where: { isServiceAccount: 1 } },
    },
  },
  accountRoles: {
    columns: { accountId: 'text', roleId: 'text', since: 'text', until: 'text?' },
    key: ['accountId', 'roleId', 'since'],
  },
  scans: {
    columns: { scanId: 'text', lastPageAt: 'text', sweptAt: 'text?', removed: 'integer?' },
    key: ['scanId'],
  },
  scanPages: {
    columns: { scanId: 'text', page: 'text', accountIds: 'text' },
    key: ['scanId', 'page'],
  },
  roles: {
    columns: {
      id: 'text',
      name: 'text',
      isManaged: 'integer',
      permissions: 'text',
      firstSeenAt: 'text',
      writtenAt: 'text',
      goneAt: 'text?',
    },
    key: ['id'],
  },
  teams: {
    columns: {
      id: 'text',
      handle: 'text',
      name: 'text',
      isManaged: 'integer',
      firstSeenAt: 'text',
      writtenAt: 'text',
      goneAt: 'text?',
    },
    key: ['id'],
  },
  teamMembers: {
    columns: { teamId: 'text', accountId: 'text', isAdmin: 'integer', since: 'text', until: 'text?' },
    key: ['teamId', 'accountId', 'since'],
    indexes: {
      teamMembersOpen: { on: ['teamId', 'accountId'], isUnique: true, where: { until: null } },
      teamMembersAccount: { on: ['accountId', 'since'] },
    },
  },
  nhis: {
    columns: {
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
    key: ['nhiId'],
    indexes: { nhisKind: { on: ['kind', 'name', 'nhiId'] }, nhisOwner: { on: ['ownerAccountId'] } },
  },
  nhiOwners: {
    columns: { nhiId: 'text', personId: 'text', setAt: 'text' },
    key: ['nhiId'],
    indexes: { nhiOwnersPerson: { on: ['personId'] } },
  },
  syncRuns: {
    columns: {
      runId: 'text',
      depth: 'text',
      startedAt: 'text',
      finishedAt: 'text?',
      summary: 'text?',
      reason: 'text?',
    },
    key: ['runId'],
  },
  syncRunKinds: {
    columns: { runId: 'text', kind: 'text', state: 'text', permission: 'text?', reason: 'text?', readAt: 'text' },
    key: ['runId', 'kind'],
    indexes: { syncRunKindsRead: { on: ['kind', 'state', 'readAt'] } },
  },
} satisfies Partial<Tables>;
