import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { judgeDecision, stateAfter } from './core/approvals.ts';
import {
  accountActivatedSignal,
  decideSignal,
  decisionRefusals,
  hrEventSignal,
  statusQuery,
  submitDecisionUpdate,
  type DecisionReceipt,
} from './core/contracts.ts';
import { checkActivation, checkDecision, checkHrEvent } from './core/guards.ts';
import type { Decision } from './core/model.ts';
import type { PersonRun } from './personRun.ts';
import { records } from './proxies.ts';

/** Registers what a run listens to. Payloads come from anywhere: nothing here throws but an update's refusal. */
export function listen(run: PersonRun): void {
  setHandler(statusQuery, () => run.status(), { description: 'Phase, what it waits for and until when, what it did' });

  setHandler(
    hrEventSignal,
    (input: unknown) => {
      const checked = checkHrEvent(input, run.personId);
      if (checked.ok) run.incoming = [...run.incoming, checked.value];
      else run.refuse('hrEvent signal', checked.why);
    },
    { description: 'A fact from HR about this person (an HrEvent)' },
  );

  setHandler(
    accountActivatedSignal,
    (input: unknown) => {
      const checked = checkActivation(input);
      if (checked.ok) run.activated.add(checked.value.accountId);
      else run.refuse('accountActivated signal', checked.why);
    },
    { description: 'The sync saw this account Active' },
  );

  setHandler(
    decideSignal,
    async (input: unknown) => {
      const checked = checkDecision(input);
      if (!checked.ok) return run.refuse('decide signal', checked.why);
      const verdict = judge(run, checked.value);
      if (verdict.kind === 'refused') return run.refuse(`decision by ${checked.value.actor}`, verdict.why);
      if (verdict.kind === 'counts') await count(run, checked.value);
    },
    { description: 'A decision {decisionId, approvalId, verdict: approve|reject, actor, reason?}' },
  );

  setHandler(
    submitDecisionUpdate,
    async (decision: Decision): Promise<DecisionReceipt> => {
      const verdict = judge(run, decision);
      if (verdict.kind === 'counts') await count(run, decision);
      const state = run.approvals.find(({ approvalId }) => approvalId === decision.approvalId)?.state ?? 'withdrawn';
      return { decisionId: decision.decisionId, approvalId: decision.approvalId, state };
    },
    {
      description: 'The same as decide, and says so when it does not count',
      validator: (input: unknown) => {
        const checked = checkDecision(input);
        if (!checked.ok) throw ApplicationFailure.nonRetryable(checked.why, decisionRefusals.refused);
        if (!run.approvals.some(({ approvalId }) => approvalId === checked.value.approvalId)) {
          throw ApplicationFailure.nonRetryable('no approval with this id is open', decisionRefusals.notWaiting);
        }
        const verdict = judge(run, checked.value);
        if (verdict.kind === 'refused') throw ApplicationFailure.nonRetryable(verdict.why, decisionRefusals.refused);
      },
    },
  );
}

function judge(run: PersonRun, decision: Decision) {
  const approval = run.approvals.find(({ approvalId }) => approvalId === decision.approvalId);
  // Before the first event was admitted no approval is open, and no time matters.
  const times = run.times ?? { approvalFallbackAfterMs: Number.POSITIVE_INFINITY };
  return judgeDecision(approval, decision, {
    personIds: run.identities,
    times,
    acceptClaimed: run.acceptClaimed,
    now: Date.now(),
  });
}

/** Counts a decision at once, so that a second one sees it, and waits until it is on record. */
async function count(run: PersonRun, decision: Decision): Promise<void> {
  const approval = run.approvals.find(({ approvalId }) => approvalId === decision.approvalId);
  if (approval === undefined || run.event === undefined) return;
  const { eventId } = run.event;
  const decided = { ...approval, decisions: [...approval.decisions, decision] };
  const state = stateAfter(decided);
  run.approvals = run.approvals.map((one) => (one === approval ? { ...decided, state } : one));
  run.decisions = [...run.decisions, decision];
  run.note(`${decision.verdict} by ${decision.actor}`);
  await records.recordDecision(run.personId, eventId, decision, state, approval.entitlements);
}
