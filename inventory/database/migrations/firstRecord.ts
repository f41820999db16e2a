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
  intake: {
    columns: {
      eventId: 'text',
      personId: 'text',
      event: 'text',
      receivedAt: 'text',
      appliedAt: 'text?',
      outcome: 'text?',
    },
    key: ['eventId'],
    indexes: {
      intakePerson: { on: ['personId'] },
      intakeWaiting: { on: ['receivedAt', 'eventId'], where: { appliedAt: null } },
    },
  },
  deliveries: {
    columns: { source: 'text', messageId: 'text', acceptedAt: 'text' },
    key: ['source', 'messageId'],
    indexes: { deliveriesAcceptedAt: { on: ['acceptedAt'] } },
  },
  aliases: {
    columns: { source: 'text', externalId: 'text', personId: 'text', isAuthoritative: 'integer', boundAt: 'text' },
    key: ['source', 'externalId'],
    indexes: { aliasesPerson: { on: ['personId', 'source'] } },
  },
  completeRosters: {
    columns: { source: 'text', appliedAt: 'text' },
    key: ['source'],
  },
  absences: {
    columns: { source: 'text', personId: 'text', since: 'text', roster: 'text?' },
    key: ['source', 'personId'],
  },
  scimResources: {
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
    indexes: { scimResourcesName: { on: ['source', 'resourceType', 'name'] } },
  },
  scimMembers: {
    columns: { source: 'text', groupId: 'text', memberId: 'text' },
    key: ['source', 'groupId', 'memberId'],
    indexes: { scimMembersMember: { on: ['source', 'memberId'] } },
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
      requestedAt: 'text?',
      at: 'text',
      decision: 'text',
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
    indexes: { findingsScope: { on: ['scope', 'kind'] } },
  },
  repairs: {
    columns: { runId: 'text', subject: 'text', personId: 'text', at: 'text' },
    key: ['runId', 'subject'],
    indexes: { repairsAt: { on: ['at'] } },
  },
  repairRejections: {
    columns: { subject: 'text', batchId: 'text', at: 'text' },
    key: ['subject'],
  },
  quarantines: {
    columns: {
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
    key: ['batchId'],
  },
  disables: {
    columns: {
      eventId: 'text',
      personId: 'text',
      state: 'text',
      askedAt: 'text',
      admittedAt: 'text?',
      actor: 'text?',
      reason: 'text?',
    },
    key: ['eventId'],
    indexes: { disablesAdmitted: { on: ['admittedAt'] } },
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
    columns: { seq: 'integer', personId: 'text', eventId: 'text', step: 'text', entry: 'text', hash: 'text' },
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
  tokens: {
    columns: {
      id: 'text',
      hash: 'text',
      role: 'text',
      personId: 'text?',
      source: 'text?',
      createdAt: 'text',
      expiresAt: 'text?',
      revokedAt: 'text?',
    },
    key: ['id'],
    indexes: { tokensHash: { on: ['hash'], isUnique: true } },
  },
} satisfies Partial<Tables>;
