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
import { checkActivation, checkNotice, checkSubmission } from '../../domain/guards.ts';
import { statusOf, type PersonRun } from './personRun.ts';
import type { DecisionId } from '../../domain/decision.ts';

/** Registers what a run listens to. Payloads come from anywhere: nothing here throws but an update's refusal. */
export function listen(run: PersonRun): void {
  setHandler(statusQuery, () => statusOf(run), { description: 'Phase, what it waits for and until when, what it did' });
  listenForEvents(run);
  listenForDecisions(run);
  setHandler(recheckSignal, () => run.blockers.recheck(), { description: 'Something was put right: poll again' });
}

function listenForEvents({ process, mailbox }: PersonRun): void {
  const lookAt = (signal: string) => (input: unknown) => {
    const checked = checkNotice(input);
    if (checked.ok) mailbox.look(checked.value.eventId);
    else process.refuse(`${signal} signal`, checked.why);
  };
  setHandler(hrEventSignal, lookAt('hrEvent'), { description: 'An event about this person is on record {eventId}' });
  setHandler(cancelEventSignal, lookAt('cancelEvent'), { description: 'An event was withdrawn on record {eventId}' });

  setHandler(
    accountActivatedSignal,
    (input: unknown) => {
      const checked = checkActivation(input);
      if (checked.ok) process.reportedActive.add(checked.value.accountId);
      else process.refuse('accountActivated signal', checked.why);
    },
    { description: 'The sync saw this account Active' },
  );
}

function listenForDecisions({ process, approvals }: PersonRun): void {
  setHandler(
    decideSignal,
    async (input: unknown) => {
      const checked = checkSubmission(input);
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
    async (decision: DecisionId): Promise<DecisionReceipt> => {
      const { decisionId, approvalId } = decision;
      const { verdict, why = 'it does not count' } = await approvals.decide(decision);
      if (verdict === 'refused') throw refusal(why);
      return { decisionId, approvalId, state: approvals.stateOf(approvalId) };
    },
    {
      description: 'A decision that is on record {decisionId, approvalId}; says so when it does not count',
      // What takes no look at the record is refused before it costs the history anything.
      validator: (input: unknown) => {
        const checked = checkSubmission(input);
        if (!checked.ok) throw refusal(checked.why);
        if (approvals.find(checked.value.approvalId) === undefined) {
          throw ApplicationFailure.nonRetryable('no approval with this id is open', decisionRefusals.notWaiting);
        }
      },
    },
  );
}

const refusal = (why: string): ApplicationFailure => ApplicationFailure.nonRetryable(why, decisionRefusals.refused);
