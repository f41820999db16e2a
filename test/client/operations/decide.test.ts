import { expect, test } from '@jest/globals';
import { ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { submitDecision, type DecisionClient } from '../../../client/operations/decide.ts';
import { ConflictError, FailedError, NotFoundError, RefusedError } from '../../../domain/errors.ts';
import type { DecisionReceipt } from '../../../domain/contracts.ts';
import type { ApprovalRow } from '../../../inventory/port/approvals.ts';
import type { ApprovalState, Decision, DecisionId } from '../../../domain/decision.ts';

const decision: Decision = { decisionId: 'd-1', approvalId: 'a-1', verdict: 'approve', actor: 'lead@example.com' };
const receipt: DecisionReceipt = { decisionId: 'd-1', approvalId: 'a-1', state: 'approved' };
const approval = {
  approvalId: 'a-1',
  personId: 'e-1',
  chain: 'c-1',
  entitlements: [{ kind: 'role', name: 'Datadog Admin Role' }],
  rules: ['sre'],
  approvers: { people: ['lead@example.com'], manager: false, quorum: 1, fallback: [] },
  requestedAt: '2026-01-15T12:00:00.000Z',
  deadline: '2026-01-22T12:00:00.000Z',
  decisions: [],
} satisfies Omit<ApprovalRow, 'state'>;
const quick = { timeoutMs: 200, pauseMs: 1 };

/** Replies to the update with `answers` in turn, repeating the last one; remembers what it was sent. */
function decideWith(
  answers: readonly (DecisionReceipt | Error)[],
  {
    states = ['open'],
    why,
    decisions = [],
    isTaken = false,
  }: Partial<{
    states: readonly ApprovalState[];
    why: string;
    decisions: ApprovalRow['decisions'];
    isTaken: boolean;
  }> = {},
) {
  const sent: DecisionId[] = [];
  const submitted: Decision[] = [];
  const client: DecisionClient = {
    workflow: {
      getHandle: () => ({
        executeUpdate: (_update, { args }) => {
          const answer = answers[Math.min(sent.length, answers.length - 1)] ?? away;
          sent.push(args[0]);
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        },
      }),
    },
    withDeadline: (_deadline, work) => work(),
  };
  const rows = states.map((state): ApprovalRow => ({ ...approval, state, decisions }));
  const inventory = {
    listApprovals: () => Promise.resolve(rows),
    submitDecision: async (_personId: string, said: Decision) => {
      submitted.push(said);
      return isTaken ? ('otherDecision' as const) : ('submitted' as const);
    },
    findSubmission: async () => ({ decision, refusal: why }),
  };
  return { sent, submitted, result: submitDecision({ client, inventory }, decision, quick) };
}

const refusal = (type: string, why: string) =>
  new WorkflowUpdateFailedError('Workflow Update failed', ApplicationFailure.nonRetryable(why, type));
const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });
const between = new WorkflowNotFoundError('not found', 'person/e-1', undefined);

test('while the process is between two runs the same decision is sent again', async () => {
  const { sent, submitted, result } = decideWith([away, between, refusal('NotWaiting', 'not yet open'), receipt]);
  expect(await result).toEqual(receipt);
  expect(submitted).toEqual([decision]);
  // Temporal is told no more than which decision it is.
  const { decisionId, approvalId } = decision;
  expect(sent).toEqual(Array.from({ length: 4 }, () => ({ decisionId, approvalId })));
});

test('a Temporal that is away for a moment is asked again, however the client wraps it', async () => {
  const { result } = decideWith([new ServiceError('Workflow Update failed', { cause: away }), receipt]);
  expect(await result).toEqual(receipt);
});

test('a decision that nobody takes in time is said to be NOT recorded', async () => {
  const { result } = decideWith([away]);
  await expect(result).rejects.toThrow(FailedError);
  await expect(result).rejects.toThrow('NOT recorded');
});

test('a refusal by the rules is final and says why', async () => {
  const { sent, result } = decideWith([refusal('DecisionRefused', 'it does not count')], {
    why: 'nobody decides about their own access',
  });
  await expect(result).rejects.toThrow(RefusedError);
  await expect(result).rejects.toThrow('nobody decides about their own access');
  expect(sent).toHaveLength(1);
});

test('that nobody waits for a decision is a refusal once it lasts', async () => {
  const { sent, result } = decideWith([refusal('NotWaiting', 'no approval with this id is open')]);
  await expect(result).rejects.toThrow(RefusedError);
  expect(sent.length).toBeGreaterThan(1);
});

test('a decided approval is refused and an unknown one is wrong usage, both without the process', async () => {
  const decided = decideWith([receipt], { states: ['rejected'] });
  await expect(decided.result).rejects.toThrow('approval a-1 is rejected');
  const unknown = decideWith([receipt], { states: [] });
  await expect(unknown.result).rejects.toThrow(NotFoundError);
  expect([...decided.sent, ...unknown.sent]).toEqual([]);
});

test.each<[string, Parameters<typeof decideWith>[1]]>([
  ['was counted', { decisions: [{ ...decision, verdict: 'reject', proof: 'attested', at: approval.requestedAt }] }],
  ['waits to be judged', { isTaken: true }],
])('an id under which another verdict %s is refused as a contradiction', async (_, options) => {
  const { sent, result } = decideWith([receipt], options);
  await expect(result).rejects.toThrow(ConflictError);
  await expect(result).rejects.toThrow(/d-1 was another decision/);
  expect(sent).toEqual([]);
});
