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
  managerSaid: 'boss@example.com',
  managerId: 'm1',
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
const counted = (actor: string, more: Partial<CountedDecision> = {}): CountedDecision => ({
  ...by(actor, more),
  proof: 'claimed',
});

const person = (personId: string, ...emails: string[]): Identity => ({
  name: personId,
  personId,
  emails,
  isKnown: true,
});
const ann = person('p1', 'ann@example.com', 'ann.old@example.com', 'ann.older@example.com');

/** The people of these tests; everybody else is nobody whom the inventory knows. */
const people = [person('m1', 'boss@example.com'), ann, person('l1', 'lead@example.com')];
function who(name: string): Identity {
  const known = people.find(({ personId, emails }) => personId === name || emails.includes(name.toLowerCase()));
  return known === undefined ? { name, emails: [name], isKnown: false } : { ...known, name };
}

/** As the inventory reviews a claimed decision where nothing is amiss. */
const reviewOf = (decision: Decision, more: Partial<DecisionReview> = {}): DecisionReview => ({
  proof: 'claimed',
  isAdmin: false,
  actor: who(decision.actor),
  subject: ann,
  people: [who('lead@example.com')],
  fallback: [who('it@example.com')],
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
    ['the id of an approver in another case', 'L1', 'refused'],
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

  test('nobody by an e-mail that was pinned to somebody else', () => {
    const moved = { ...person('x9', 'lead@example.com'), name: 'lead@example.com' };
    expect(judge(by('lead@example.com'), { review: { actor: moved } }).kind).toBe('refused');
    // And a name that nobody was pinned to is not theirs who was given the e-mail.
    const review = { actor: moved, people: [{ ...who('nobody@example.com'), name: 'lead@example.com' }] };
    expect(judge(by('lead@example.com'), { review })).toMatchObject({ why: expect.stringContaining('not among') });
  });

  test('the fallback, where claims do not count and no known person has the approvers’ names', () => {
    const at = { ...context, acceptClaimed: false };
    const attested = by('l1', { attestation: 'x' });
    const view = { ...approval, approvers: { ...approval.approvers, manager: false } };
    const { manager: _none, ...given } = reviewOf(attested, { proof: 'attested', fallback: [who('l1')] });
    const judgeBy = (name: string) => judgeDecision(view, attested, { ...given, people: [who(name)] }, at).kind;
    expect(judgeBy('nobody@example.com')).toBe('counts');
    expect(judgeBy('m1')).toBe('refused');
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
    const review = { people: [who('cto@example.com')] };
    expect(judge(by('cto@example.com'), { view, review }).kind).toBe('counts');
    expect(judge(by('lead@example.com'), { view, review }).kind).toBe('refused');
    expect(judge(by('m1'), { view, review }).kind).toBe('refused');
    expect(judge(by('it@example.com'), { view, review, at: late }).kind).toBe('counts');
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

  test.each(['l1', 'lead@example.com', 'Lead@Example.com'])('to oneself, as %s, is refused', (name) => {
    const decision = by('l1', { verdict: 'reassign', to: ['cto@example.com', name], attestation: 'x' });
    const verdict = judge(decision, { review: { proof: 'attested', isAdmin: true } });
    expect(verdict).toMatchObject({ why: 'who reassigns a request does not decide it' });
  });

  test('takes the right to decide from who does it, under any name', () => {
    const passed = counted('l1', { verdict: 'reassign', to: ['cto@example.com'], personId: 'l1' });
    const view = { ...approval, decisions: [passed] };
    for (const actor of ['l1', 'lead@example.com']) {
      expect(judge(by(actor, { decisionId: 'later' }), { view })).toMatchObject({
        why: 'who has reassigned a request does not decide it',
      });
    }
    expect(judge(by('m1'), { view }).kind).toBe('counts');
  });

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
