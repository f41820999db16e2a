import { endByRecord } from '../domain/access/earlyEnd.ts';
import { plannedParts } from '../domain/access/planWords.ts';
import type { ProcessPlan } from '../domain/access/processPlan.ts';
import { excessWords, notVisibleWords } from '../domain/access/warnings.ts';
import type { Employment, MailboxEvent, Outcome } from '../domain/model.ts';
import { datadog } from './proxies.ts';
import { becauseOf, knownOf, type PersonRun, type Procedure, type Uses } from './run/personRun.ts';
import { ended, type Ending } from './run/process.ts';
import { correlate } from './steps/correlate.ts';

/** The procedure, or where the policy says `mode: observe`, only what it would do. */
export const orObserve =
  (procedure: Procedure): Procedure =>
  (run) =>
    run.mailbox.terms.mode === 'observe' ? observe(run) : procedure(run);

/** Reads, and writes down what would be written. `person retry` carries it out once the policy enforces. */
async function observe(run: PersonRun): Promise<Ending> {
  const { process, mailbox, blockers } = run;
  const { event, person } = mailbox;
  const { employment } = person;
  const early = endByRecord(knownOf(run));
  if (early !== undefined) return ended(early, employment);
  const account = await correlate(run);
  if (account !== undefined) process.useAccount(account);
  const request = { ...becauseOf(run), process: process.type, accountId: account?.id };
  const plan = await blockers.allowed(() => datadog.planIntent(request));
  writeDown(run, plan, event);
  if (plan.end?.kind === 'held') return { outcome: observed(run, 'the leaver, sent again,'), employment };
  // Somebody who asks for a restore once more is still somebody who has left.
  if (event.restore === true) return conclude(plan, employment, observed(run, '`npx muster person restore`'));
  const after = process.type === 'offboarding' ? 'left' : employment === 'employed' ? 'employed' : 'joining';
  return conclude(plan, after, observed(run, '`npx muster person retry`'));
}

/** Processes without a change end the same way here; blocked or delayed steps are only written down. */
const conclude = ({ end }: ProcessPlan, employment: Employment, outcome: Outcome): Ending =>
  end === undefined || end.kind === 'blocked' ? { outcome, employment } : ended(end, employment, outcome.parts);

function writeDown({ process }: Uses<'process'>, plan: ProcessPlan, event: MailboxEvent): void {
  for (const part of plannedParts(plan, event.effectiveAt)) process.finishPart(part, 'planned');
  for (const warning of plan.warnings) process.note(warning);
  for (const { kind, name } of plan.excess) {
    process.finishPart(`${kind} ${name}`, 'notDone', { detail: excessWords, isExcess: true });
  }
  for (const { part, why } of plan.withheld) process.finishPart(part, 'notDone', { detail: why });
  for (const permission of plan.notVisible) {
    process.finishPart('teams', 'notDone', { detail: notVisibleWords(permission), permission });
  }
}

const observed = ({ process }: Uses<'process'>, again: string): Outcome => ({
  kind: 'observed',
  detail: `the policy says mode: observe: nothing was written; with mode: enforce, ${again} carries it out`,
  parts: process.parts,
});
