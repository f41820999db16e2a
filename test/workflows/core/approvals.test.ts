import { describe, expect, test } from '@jest/globals';
import { judgeDecision, stateAfter, type DecisionContext } from '../../../workflows/core/approvals.ts';
import type { ApprovalView } from '../../../workflows/core/contracts.ts';
import type { Decision } from '../../../workflows/core/model.ts';

const requestedAt = '2026-03-01T00:00:00.000Z';
const hour = 3600_000;
const context: DecisionContext = {
  personIds: ['p1', 'ann@example.com', 'ann.old@example.com'],
  times: { approvalFallbackAfterMs: 48 * hour },
  acceptClaimed: true,
  now: Date.parse(requestedAt) + hour,
};
const approval: ApprovalView = {
  approvalId: 'a1',
  entitlements: [{ kind: 'role', name: 'Datadog Admin Role' }],
  rules: ['sre-admin'],
  approvers: { people: ['lead@example.com'], manager: true, quorum: 1, fallback: ['it@example.com'] },
  managerIds: ['m1', 'boss@example.com'],
  state: 'open',
  requestedAt,
  deadline: '2026-03-08T00:00:00.000Z',
  decisions: [],
};
const by = (actor: string, more: Partial<Decision> = {}): Decision => ({
  decisionId: `d-${actor}`,
  approvalId: 'a1',
  verdict: 'approve',
  actor,
  ...more,
});

describe('who may decide', () => {
  test.each([
    ['a named approver, in any case', 'Lead@Example.com', 'counts'],
    ['the manager by e-mail', 'boss@example.com', 'counts'],
    ['the manager by personId', 'm1', 'counts'],
    ['the person, under an old e-mail', 'ann.old@example.com', 'refused'],
    ['anybody else', 'mallory@example.com', 'refused'],
    ['a fallback approver before their time', 'it@example.com', 'refused'],
  ])('%s: %s %s', (_who, actor, kind) => {
    expect(judgeDecision(approval, by(actor), context).kind).toBe(kind);
  });

  test('nobody, where a claim is not enough', () => {
    const verdict = judgeDecision(approval, by('lead@example.com'), { ...context, acceptClaimed: false });
    expect(verdict).toMatchObject({ kind: 'refused', why: expect.stringContaining('approvals.acceptClaimed') });
  });

  test('a fallback approver may decide once the time has passed', () => {
    const late = { ...context, now: Date.parse(requestedAt) + 49 * hour };
    expect(judgeDecision(approval, by('it@example.com'), late).kind).toBe('counts');
  });

  test('a fallback approver may decide at once where only the person could', () => {
    const own: ApprovalView = {
      ...approval,
      approvers: { ...approval.approvers, people: ['ann@example.com'] },
      managerIds: [],
    };
    expect(judgeDecision(own, by('it@example.com'), context).kind).toBe('counts');
  });

  test('a decision for an unknown or closed approval is late', () => {
    expect(judgeDecision(undefined, by('lead@example.com'), context).kind).toBe('refused');
    expect(judgeDecision({ ...approval, state: 'timedOut' }, by('lead@example.com'), context)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('late'),
    });
  });

  test('the same decision again is a repeat, a second one by the same person is refused', () => {
    const decided = {
      ...approval,
      approvers: { ...approval.approvers, quorum: 2 },
      decisions: [by('lead@example.com')],
    };
    expect(judgeDecision(decided, by('lead@example.com'), context).kind).toBe('repeat');
    expect(judgeDecision(decided, by('lead@example.com', { decisionId: 'other' }), context).kind).toBe('refused');
  });
});

describe('the state after a decision', () => {
  const quorum2 = { ...approval, approvers: { ...approval.approvers, quorum: 2 } };
  test('a quorum approves, one approval less does not', () => {
    expect(stateAfter({ ...quorum2, decisions: [by('lead@example.com')] })).toBe('open');
    expect(stateAfter({ ...quorum2, decisions: [by('lead@example.com'), by('m1')] })).toBe('approved');
  });
  test('one rejection rejects', () => {
    expect(stateAfter({ ...quorum2, decisions: [by('lead@example.com'), by('m1', { verdict: 'reject' })] })).toBe(
      'rejected',
    );
  });
});
