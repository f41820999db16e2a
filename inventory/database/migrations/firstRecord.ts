import type { Tables } from './tables.ts';

/** What sources, people and Muster itself said and did. */
export const recordTables = {
  people: {
    columns: {
      personId: 'text',
      email: 'text?',
      attributes: 'text?',
      employment: 'text',
      accountId: 'text?',
      boundAt: 'text?',
      replacedBy: 'text?',
      lines: 'text',
      finishedAt: 'text?',
    },
    key: ['personId'],
    indexes: { peopleAccount: { on: ['accountId'], isUnique: true }, peopleEmail: { on: ['email'] } },
  },
  previousEmails: {
    columns: { personId: 'text', email: 'text', since: 'text' },
    key: ['personId', 'email'],
    indexes: { previousEmailsEmail: { on: ['email'] } },
  },
  progress: {
    columns: { personId: 'text', process: 'text', phase: 'text', waitingFor: 'text?', until: 'text?', at: 'text' },
    key: ['personId'],
  },
  pendingInvitations: {
    columns: { personId: 'text', accountId: 'text', invitationId: 'text?', sentAt: 'text?', expiresAt: 'text?' },
    key: ['personId'],
  },
  awaitedLogins: {
    columns: { personId: 'text', email: 'text', since: 'text', lookedAt: 'text' },
    key: ['personId'],
  },
  approvals: {
    columns: {
      personId: 'text',
      approvalId: 'text',
      requestedAt: 'text',
      chain: 'text',
      request: 'text',
      state: 'text',
      deadline: 'text',
      closedAt: 'text?',
    },
    key: ['personId', 'approvalId', 'requestedAt'],
    indexes: { approvalsState: { on: ['state', 'requestedAt'] } },
  },
  decisions: {
    columns: {
      personId: 'text',
      decisionId: 'text',
      approvalId: 'text',
      requestedAt: 'text',
      at: 'text',
      decision: 'text',
      attestation: 'text?',
      lapsedAt: 'text?',
    },
    key: ['personId', 'decisionId'],
  },
  submissions: {
    columns: {
      personId: 'text',
      decisionId: 'text',
      at: 'text',
      decision: 'text',
      refusal: 'text?',
    },
    key: ['personId', 'decisionId'],
  },
  grants: {
    columns: {
      personId: 'text',
      accountId: 'text',
      kind: 'text',
      id: 'text',
      name: 'text',
      since: 'text',
      until: 'text?',
      reason: 'text',
      because: 'text?',
    },
    key: ['personId', 'accountId', 'kind', 'id', 'since'],
    indexes: {
      grantsOpen: { on: ['personId', 'accountId', 'kind', 'id'], isUnique: true, where: { until: null } },
      grantsAccount: { on: ['accountId'] },
    },
  },
  entitlementIds: {
    columns: { kind: 'text', name: 'text', id: 'text', since: 'text' },
    key: ['kind', 'name'],
  },
  pins: {
    columns: { use: 'text', name: 'text', id: 'text?', since: 'text', policyHash: 'text' },
    key: ['use', 'name'],
  },
  ignoredAccounts: {
    columns: { pattern: 'text', accountId: 'text', since: 'text' },
    key: ['pattern', 'accountId'],
  },
  findings: {
    columns: {
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
    key: ['findingId'],
    indexes: { findingsKind: { on: ['kind', 'scope'] } },
  },
  accessBefore: {
    columns: { personId: 'text', accountId: 'text', eventId: 'text', at: 'text', access: 'text' },
    key: ['personId'],
  },
  leases: {
    columns: { name: 'text', holder: 'text', until: 'text' },
    key: ['name'],
  },
  keyHealth: {
    columns: { permission: 'text', answer: 'text', checkedAt: 'text', nextProbeAt: 'text', probes: 'integer' },
    key: ['permission'],
  },
  owedParts: {
    columns: { personId: 'text', permission: 'text', part: 'text', since: 'text' },
    key: ['personId', 'permission'],
  },
  openWrites: {
    columns: { personId: 'text', accountId: 'text', step: 'text', asked: 'integer', askedAt: 'text', write: 'text' },
    key: ['personId', 'accountId', 'step'],
  },
  evidence: {
    columns: {
      seq: 'integer',
      personId: 'text',
      eventId: 'text',
      step: 'text',
      entry: 'text',
      hash: 'text',
      signature: 'text',
    },
    key: ['seq'],
    indexes: {
      evidenceStep: { on: ['eventId', 'step', 'personId'], isUnique: true },
      evidencePerson: { on: ['personId', 'seq'] },
    },
  },
  evidenceHead: {
    columns: { id: 'integer', seq: 'integer', hash: 'text' },
    key: ['id'],
  },
  evidenceMarks: {
    columns: { name: 'text', seq: 'integer', hash: 'text', at: 'text' },
    key: ['name'],
  },
  tokens: {
    columns: {
      id: 'text',
      hash: 'text',
      seal: 'text',
      role: 'text',
      personId: 'text?',
      source: 'text?',
      createdAt: 'text',
      expiresAt: 'text',
      revokedAt: 'text?',
    },
    key: ['id'],
    indexes: { tokensHash: { on: ['hash'], isUnique: true } },
  },
  identity: {
    columns: { inventoryId: 'text', createdAt: 'text' },
    key: ['inventoryId'],
  },
  instances: {
    columns: {
      id: 'text',
      kind: 'text',
      host: 'text',
      version: 'text',
      startedAt: 'text',
      lastSeenAt: 'text',
      policyHash: 'text',
      mode: 'text',
      policySince: 'text',
      refusal: 'text?',
    },
    key: ['id'],
  },
} satisfies Partial<Tables>;
