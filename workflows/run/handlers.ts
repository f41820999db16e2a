import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { ignoreCancellation } from './cancellation.ts';
import {
  approversAfter,
  countedDecision,
  judgeAtOnce,
  judgeDecision,
  stateAfter,
  type Verdict,
} from '../../domain/approvals.ts';
import {
  accountActivatedSignal,
  cancelEventSignal,
  decideSignal,
  decisionRefusals,
  hrEventSignal,
  recheckSignal,
  statusQuery,
  submitDecisionUpdate,
  type ApprovalView,
  type DecisionReceipt,
} from '../../domain/contracts.ts';
import { checkActivation, checkCancellation, checkDecision, checkHrEvent } from '../../domain/guards.ts';
import type { CountedDecision, Decision, HrEvent } from '../../domain/model.ts';
import type { PersonRun } from './personRun.ts';
import { records } from '../proxies.ts';
import { withdrawCancelled } from './withdrawals.ts';

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
    cancelEventSignal,
    async (input: unknown) => {
      const checked = checkCancellation(input);
      if (!checked.ok) return run.refuse('cancelEvent signal', checked.why);
      run.cancellations = [...run.cancellations, checked.value];
      // The event may be among those that are being looked up.
      if (run.incoming.length > 0 || run.isAdmitting) return;
      try {
        await withdrawCancelled(run);
      } catch (error) {
        ignoreCancellation(error);
      }
    },
    { description: 'Withdraws an event that waits {eventId, actor, reason?}' },
  );

  setHandler(recheckSignal, () => void (run.rechecks += 1), { description: 'Something was put right: look again' });

  setHandler(
    decideSignal,
    async (input: unknown) => {
      const checked = checkDecision(input);
      if (!checked.ok) return run.refuse('decide signal', checked.why);
      try {
        await decide(run, checked.value);
      } catch (error) {
        ignoreCancellation(error);
      }
    },
    { description: 'A decision {decisionId, approvalId, verdict: approve|reject, actor, reason?}' },
  );

  setHandler(
    submitDecisionUpdate,
    async (decision: Decision): Promise<DecisionReceipt> => {
      const verdict = await decide(run, decision);
      if (verdict.kind === 'refused') throw ApplicationFailure.nonRetryable(verdict.why, decisionRefusals.refused);
      const state = find(run, decision)?.state ?? 'withdrawn';
      return { decisionId: decision.decisionId, approvalId: decision.approvalId, state };
    },
    {
      description: 'The same as decide, and says so when it does not count',
      // What takes no look at the inventory is refused before it costs the history anything.
      validator: (input: unknown) => {
        const checked = checkDecision(input);
        if (!checked.ok) throw ApplicationFailure.nonRetryable(checked.why, decisionRefusals.refused);
        const approval = find(run, checked.value);
        if (approval === undefined) {
          throw ApplicationFailure.nonRetryable('no approval with this id is open', decisionRefusals.notWaiting);
        }
        const verdict = judgeAtOnce(approval, checked.value, run);
        if (verdict?.kind === 'refused') throw ApplicationFailure.nonRetryable(verdict.why, decisionRefusals.refused);
      },
    },
  );
}

const find = (run: PersonRun, { approvalId }: Decision) =>
  run.approvals.find((approval) => approval.approvalId === approvalId);

/** Has the proof and the approver looked up, judges, and counts. What does not count changes nothing, and is listed. */
async function decide(run: PersonRun, decision: Decision): Promise<Verdict> {
  const verdict = await judge(run, decision);
  if (verdict.kind === 'refused') run.refuse(`${decision.verdict} by ${decision.actor}`, verdict.why);
  return verdict;
}

async function judge(run: PersonRun, decision: Decision): Promise<Verdict> {
  const asked = find(run, decision);
  const atOnce = judgeAtOnce(asked, decision, run);
  if (asked === undefined || run.event === undefined || atOnce !== undefined) {
    return atOnce ?? { kind: 'refused', why: 'no process waits for it' };
  }
  const review = await records.reviewDecision(run.personId, asked, decision, Date.now());
  // Others may have decided meanwhile.
  const approval = find(run, decision);
  const verdict = judgeDecision(approval, decision, review, {
    personIds: run.identities,
    times: run.processTimes,
    acceptClaimed: run.acceptClaimed,
    now: Date.now(),
  });
  if (verdict.kind === 'counts' && approval !== undefined) {
    await count(run, run.event, approval, countedDecision(decision, review));
  }
  return verdict;
}

/** Counts a decision at once, so that a second one sees it, and waits until it is on record. */
async function count(run: PersonRun, { eventId }: HrEvent, approval: ApprovalView, decision: CountedDecision) {
  const decisions = [...approval.decisions, decision];
  const approvers = approversAfter(approval.approvers, [decision]);
  const after = { ...approval, decisions, approvers, state: stateAfter({ decisions, approvers }) };
  run.approvals = run.approvals.map((one) => (one === approval ? after : one));
  run.decisions = [...run.decisions, decision];
  run.note(`${decision.verdict} by ${decision.actor} (${decision.proof})`);
  run.unrecorded += 1;
  try {
    await records.recordDecision(run.personId, eventId, decision, after);
  } finally {
    run.unrecorded -= 1;
  }
}
