import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { checkActivation, checkDecision, checkHrEvent, checkNotice, checkSubmission } from '../../domain/guards.ts';

const joiner = {
  eventId: 'e1',
  kind: 'joiner',
  personId: 'p1',
  occurredAt: '2026-01-31T09:00:00Z',
  effectiveAt: '2026-02-01T09:00:00Z',
  source: 'cli',
  person: { email: 'ann@example.com', department: 'SRE', extra: { location: 'Berlin' } },
};

describe('hrEvent', () => {
  test('a whole event passes and loses unknown fields', () => {
    expect(checkHrEvent({ ...joiner, unknown: 1 }, 'p1')).toEqual({ ok: true, value: joiner });
  });

  test.each([
    ['eventId', { eventId: '' }],
    ['kind', { kind: 'promoted' }],
    ['personId', { personId: 'p2' }],
    ['occurredAt', { occurredAt: 'yesterday' }],
    ['effectiveAt', { effectiveAt: 7 }],
    ['source', { source: {} }],
    ['immediate', { immediate: 'yes' }],
    ['restore', { restore: true }],
    ['reason', { reason: 'x'.repeat(1001) }],
    ['person', { person: undefined }],
    ['person.email', { person: { email: 'nobody' } }],
    ['person.title', { person: { email: 'ann@example.com', title: 4 } }],
    ['person.extra.location', { person: { email: 'ann@example.com', extra: { location: 4 } } }],
  ])('a wrong %s is named', (field, change) => {
    const checked = checkHrEvent({ ...joiner, ...change }, 'p1');
    expect(checked).toMatchObject({ ok: false, why: expect.stringContaining(field) });
  });
});

test('no payload whatever makes a guard throw', () => {
  fc.assert(
    fc.property(fc.anything(), (input) => {
      for (const check of [
        (value: unknown) => checkHrEvent(value, 'p1'),
        checkDecision,
        checkActivation,
        checkNotice,
        checkSubmission,
      ]) {
        expect(typeof check(input).ok).toBe('boolean');
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['decisionId', { decisionId: 1 }],
  ['approvalId', { approvalId: '' }],
  ['verdict', { verdict: 'yes' }],
  ['actor', { actor: undefined }],
  ['reason', { reason: 5 }],
])('a decision with a wrong %s is named', (field, change) => {
  const decision = { decisionId: 'd', approvalId: 'a', verdict: 'approve', actor: 'lead@example.com', ...change };
  expect(checkDecision(decision)).toMatchObject({ ok: false, why: expect.stringContaining(field) });
});

test('a notice says which event, and nothing else of it is read', () => {
  expect(checkNotice({ eventId: 'e-1', kind: 'leaver' })).toEqual({ ok: true, value: { eventId: 'e-1' } });
  for (const input of [undefined, 'unreadable payload', {}, { eventId: 7 }]) {
    expect(checkNotice(input)).toMatchObject({ ok: false, why: expect.stringContaining('eventId') });
  }
});

test('a submitted decision is known by its ids; one that somebody typed is checked whole', () => {
  const ids = { decisionId: 'd-1', approvalId: 'a-1' };
  expect(checkSubmission(ids)).toEqual({ ok: true, value: ids });
  expect(checkSubmission({ ...ids, verdict: 'approve' })).toMatchObject({ ok: false });
  expect(checkSubmission({ ...ids, verdict: 'approve', actor: 'l-1' })).toMatchObject({ ok: true });
  expect(checkSubmission({ decisionId: 'd-1' })).toMatchObject({ ok: false });
});
