import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { ignoreCancellation } from './cancellation.ts';
import {
  accountActivatedSignal,
  cancelEventSignal,
  decideSignal,
  decisionRefusals,
  hrEventSignal,
  recheckSignal,
  statusQuery,
  submitDecisionUpdate,
  type DecisionReceipt,
} from '../../domain/contracts.ts';
import { checkActivation, checkCancellation, checkDecision, checkHrEvent } from '../../domain/guards.ts';
import { withdraw } from './admission.ts';
import { statusOf, type PersonRun } from './personRun.ts';
import type { Decision } from '../../domain/decision.ts';

/** Registers what a run listens to. Payloads come from anywhere: nothing here throws but an update's refusal. */
export function listen(run: PersonRun): void {
  setHandler(statusQuery, () => statusOf(run), { description: 'Phase, what it waits for and until when, what it did' });
  listenForEvents(run);
  listenForDecisions(run);
  setHandler(recheckSignal, () => run.blockers.recheck(), { description: 'Something was put right: poll again' });
}

function listenForEvents({ process, mailbox }: PersonRun): void {
  setHandler(
    hrEventSignal,
    (input: unknown) => {
      const checked = checkHrEvent(input, process.personId);
      if (checked.ok) mailbox.receive(checked.value);
      else process.refuse('hrEvent signal', checked.why);
    },
    { description: 'A fact from HR about this person (an HrEvent)' },
  );

  setHandler(
    accountActivatedSignal,
    (input: unknown) => {
      const checked = checkActivation(input);
      if (checked.ok) process.reportedActive.add(checked.value.accountId);
      else process.refuse('accountActivated signal', checked.why);
    },
    { description: 'The sync saw this account Active' },
  );

  setHandler(
    cancelEventSignal,
    async (input: unknown) => {
      const checked = checkCancellation(input);
      if (!checked.ok) return process.refuse('cancelEvent signal', checked.why);
      mailbox.withdraw(checked.value);
      // The event may be among those that are being looked up.
      if (!mailbox.isSettled) return;
      try {
        await withdraw({ process, mailbox });
      } catch (error) {
        ignoreCancellation(error);
      }
    },
    { description: 'Withdraws an event that waits {eventId, actor, reason?}' },
  );
}

function listenForDecisions({ process, approvals }: PersonRun): void {
  setHandler(
    decideSignal,
    async (input: unknown) => {
      const checked = checkDecision(input);
      if (!checked.ok) return process.refuse('decide signal', checked.why);
      try {
        await approvals.decide(checked.value);
      } catch (error) {
        ignoreCancellation(error);
      }
    },
    { description: 'A decision {decisionId, approvalId, verdict: approve|reject, actor, reason?}' },
  );

  setHandler(
    submitDecisionUpdate,
    async (decision: Decision): Promise<DecisionReceipt> => {
      const { decisionId, approvalId } = decision;
      const verdict = await approvals.decide(decision);
      if (verdict.kind === 'refused') throw refusal(verdict.why);
      return { decisionId, approvalId, state: approvals.stateOf(approvalId) };
    },
    {
      description: 'The same as decide, and says so when it does not count',
      // What takes no look at the inventory is refused before it costs the history anything.
      validator: (input: unknown) => {
        const checked = checkDecision(input);
        if (!checked.ok) throw refusal(checked.why);
        if (approvals.find(checked.value.approvalId) === undefined) {
          throw ApplicationFailure.nonRetryable('no approval with this id is open', decisionRefusals.notWaiting);
        }
        const verdict = approvals.judgeAtOnce(checked.value);
        if (verdict?.kind === 'refused') throw refusal(verdict.why);
      },
    },
  );
}

const refusal = (why: string): ApplicationFailure => ApplicationFailure.nonRetryable(why, decisionRefusals.refused);
