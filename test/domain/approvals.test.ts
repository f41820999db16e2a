import { describe, expect, test } from '@jest/globals';
import {
  approversAfter,
  countedDecision,
  judgeDecision,
  stateAfter,
  type DecisionContext,
} from '../../domain/approvals.ts';
import type { CountedDecision, Decision, DecisionReview, Identity, RecordedApproval } from '../../domain/decision.ts';

const requestedAt = '2026-03-01T00:00:00.000Z';
const hour = 3600_000;
const context: DecisionContext = {
  times: { approvalFallbackAfterMs: 48 * hour },
  acceptClaimed: true,
  now: Date.parse(requestedAt) + hour,
};
const late = { ...context, now: Date.parse(requestedAt) + 49 * hour };
const approval: RecordedApproval = {
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
const counted = (actor: string, more: Partial<Decision> = {}): CountedDecision => ({
  ...by(actor, more),
  proof: 'claimed',
});

/** The people of these tests; everybody else is nobody whom the inventory knows. */
const people: readonly Identity[] = [
  { names: ['m1', 'boss@example.com'], known: ['m1', 'boss@example.com'], personId: 'm1', isKnown: true },
  {
    names: ['p1', 'ann@example.com'],
    known: ['p1', 'ann@example.com', 'ann.old@example.com', 'ann.older@example.com'],
    personId: 'p1',
    isKnown: true,
  },
  { names: ['l1', 'lead@example.com'], known: ['l1', 'lead@example.com'], personId: 'l1', isKnown: true },
];
const who = (name: string): Identity =>
  people.find(({ known }) => known.includes(name.toLowerCase())) ?? { names: [name], known: [name], isKnown: false };

/** As the inventory reviews a claimed decision where nothing is amiss. */
const reviewOf = (decision: Decision, more: Partial<DecisionReview> = {}): DecisionReview => ({
  proof: 'claimed',
  isAdmin: false,
  actor: who(decision.actor),
  subject: ['p1', 'ann@example.com', 'ann.old@example.com', 'ann.older@example.com'],
  people: [who('lead@example.com')],
  manager: who('m1'),
  to: (decision.to ?? []).map(who),
  ...more,
});

const judge = (
  decision: Decision,
  {
    view = approval,
    review,
    at = context,
  }: { view?: RecordedApproval; review?: Partial<DecisionReview>; at?: DecisionContext } = {},
) => judgeDecision(view, decision, reviewOf(decision, review), at);

describe('who may decide', () => {
  test.each([
    ['a named approver, in any case', 'Lead@Example.com', 'counts'],
    ['a named approver by personId', 'l1', 'counts'],
    ['the manager by e-mail', 'boss@example.com', 'counts'],
    ['the manager by personId', 'm1', 'counts'],
    ['the person', 'p1', 'refused'],
    ['the person, under an old e-mail', 'ann.old@example.com', 'refused'],
    ['the person, under an e-mail that only the inventory knows', 'ann.older@example.com', 'refused'],
    ['anybody else', 'mallory@example.com', 'refused'],
    ['a fallback approver before their time', 'it@example.com', 'refused'],
  ])('%s: %s %s', (_who, actor, kind) => {
    expect(judge(by(actor)).kind).toBe(kind);
  });

  test('nobody, where a claim is not enough, unless it is proven', () => {
    const at = { ...context, acceptClaimed: false };
    const why = expect.stringContaining('approvals.acceptClaimed');
    expect(judge(by('lead@example.com'), { at })).toMatchObject({ kind: 'refused', why });
    const attested = by('l1', { attestation: 'x' });
    expect(judge(attested, { at, review: { proof: 'attested' } }).kind).toBe('counts');
    expect(judge(attested, { at, review: { proof: 'invalid', why: 'altered' } })).toMatchObject({ why: 'altered' });
    // What does not prove anything is no claim either.
    expect(judge(attested, { review: { proof: 'invalid', why: 'altered' } }).kind).toBe('refused');
  });

  test('nobody who has left, though they are named', () => {
    const actor = { ...who('l1'), gone: 'they have left' };
    expect(judge(by('l1'), { review: { actor } })).toMatchObject({ why: expect.stringContaining('have left') });
  });

  test('a fallback approver may decide once the time has passed', () => {
    expect(judge(by('it@example.com'), { at: late }).kind).toBe('counts');
  });

  test('a fallback approver may decide at once in place of a manager who cannot', () => {
    const { manager: _gone, ...review } = reviewOf(by('it@example.com'));
    const withoutManager = { ...review, managerGone: 'the manager is leaving' };
    expect(judgeDecision(approval, by('it@example.com'), withoutManager, context).kind).toBe('counts');
    const own = { ...withoutManager, actor: who('m1') };
    expect(judgeDecision(approval, by('m1'), own, context).kind).toBe('refused');
  });

  test('a fallback approver may decide at once where all others are the person or have left', () => {
    const view = { ...approval, approvers: { ...approval.approvers, manager: false } };
    const { manager: _none, ...review } = reviewOf(by('it@example.com'));
    for (const one of [who('ann@example.com'), { ...who('l1'), gone: 'they have left' }]) {
      const verdict = judgeDecision(view, by('it@example.com'), { ...review, people: [one] }, context);
      expect(verdict.kind).toBe('counts');
    }
    expect(judgeDecision(view, by('it@example.com'), review, context).kind).toBe('refused');
  });

  test('a decision for an unknown or closed approval is late', () => {
    const decision = by('lead@example.com');
    expect(judgeDecision(undefined, decision, reviewOf(decision), context).kind).toBe('refused');
    const why = expect.stringContaining('late');
    expect(judge(decision, { view: { ...approval, state: 'timedOut' } })).toMatchObject({ kind: 'refused', why });
  });

  test('the same decision is a repeat; another by the same person under any name is refused', () => {
    const view = {
      ...approval,
      approvers: { ...approval.approvers, quorum: 2 },
      decisions: [counted('lead@example.com')],
    };
    expect(judge(by('lead@example.com'), { view }).kind).toBe('repeat');
    expect(judge(by('lead@example.com', { decisionId: 'other' }), { view }).kind).toBe('refused');
    expect(judge(by('l1'), { view }).kind).toBe('refused');
  });
});

describe('reassigning', () => {
  const to = (...names: string[]) => by('admin@example.com', { verdict: 'reassign', to: names });

  test('passes the request to others in place of approvers and manager, and the fallback stays', () => {
    const decision = to('cto@example.com');
    expect(judge(decision).kind).toBe('counts');
    const approvers = approversAfter(approval.approvers, [countedDecision(decision, reviewOf(decision))]);
    const view = { ...approval, approvers };
    expect(judge(by('cto@example.com'), { view }).kind).toBe('counts');
    expect(judge(by('lead@example.com'), { view }).kind).toBe('refused');
    expect(judge(by('m1'), { view }).kind).toBe('refused');
    expect(judge(by('it@example.com'), { view, at: late }).kind).toBe('counts');
    expect(approvers.quorum).toBe(1);
  });

  test('takes an admin token where the actor is proven', () => {
    const decision = to('cto@example.com');
    const attested = { ...decision, attestation: 'x' };
    expect(judge(attested, { review: { proof: 'attested' } }).kind).toBe('refused');
    expect(judge(attested, { review: { proof: 'attested', isAdmin: true } }).kind).toBe('counts');
  });

  test.each(['p1', 'Ann@example.com', 'ann.old@example.com', 'ann.older@example.com'])(
    'to the person whose access it is, as %s, is refused',
    (name) => {
      expect(judge(to('cto@example.com', name))).toMatchObject({ why: 'nobody decides about their own access' });
    },
  );

  test('by the person whose access it is, is refused', () => {
    expect(judge(by('ann.old@example.com', { verdict: 'reassign', to: ['cto@example.com'] })).kind).toBe('refused');
  });

  test('to fewer people than must allow it is refused, and two names of one are one', () => {
    const view = { ...approval, approvers: { ...approval.approvers, quorum: 2 } };
    expect(judge(to('l1', 'lead@example.com'), { view })).toMatchObject({ why: expect.stringContaining('it takes 2') });
    expect(judge(to('l1', 'm1'), { view }).kind).toBe('counts');
    const half = { ...view, decisions: [counted('m1')] };
    expect(judge(to('l1'), { view: half }).kind).toBe('counts');
  });
});

describe('the state after a decision', () => {
  const quorum2 = { ...approval, approvers: { ...approval.approvers, quorum: 2 } };
  test('a quorum approves, one approval less does not', () => {
    expect(stateAfter({ ...quorum2, decisions: [counted('lead@example.com')] })).toBe('open');
    expect(stateAfter({ ...quorum2, decisions: [counted('lead@example.com'), counted('m1')] })).toBe('approved');
  });
  test('one rejection rejects', () => {
    const decisions = [counted('lead@example.com'), counted('m1', { verdict: 'reject' })];
    expect(stateAfter({ ...quorum2, decisions })).toBe('rejected');
  });
  test('a reassignment decides nothing', () => {
    const decisions = [counted('lead@example.com', { verdict: 'reassign', to: ['m1'] })];
    expect(stateAfter({ ...approval, decisions })).toBe('open');
  });
});
