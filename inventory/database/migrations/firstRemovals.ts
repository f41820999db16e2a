import type { Tables } from './tables.ts';

/** What would take something away, by events and by repairs of drift, and what was decided about it. */
export const removalTables = {
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
  removals: {
    columns: {
      eventId: 'text',
      personId: 'text',
      source: 'text',
      kind: 'text',
      urgent: 'integer',
      state: 'text',
      askedAt: 'text',
      admittedAt: 'text?',
      above: 'text?',
      actor: 'text?',
      reason: 'text?',
    },
    key: ['eventId'],
    indexes: { removalsAdmitted: { on: ['admittedAt'] }, removalsPerson: { on: ['personId', 'askedAt'] } },
  },
} satisfies Partial<Tables>;
