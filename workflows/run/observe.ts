import { correlate } from '../steps/correlate.ts';
import { endByRecord } from '../../domain/access/earlyEnd.ts';
import { plannedParts } from '../../domain/access/planWords.ts';
import type { ProcessPlan } from '../../domain/access/processPlan.ts';
import type { Employment, HrEvent, Outcome } from '../../domain/model.ts';
import { excessWords, notVisibleWords } from '../../domain/access/warnings.ts';
import type { PersonRun } from './personRun.ts';
import { datadog } from '../proxies.ts';
import { ended, type Ending } from './story.ts';

/** Instead of a story: reads, and writes down what would be written. `person retry` carries it out once the policy enforces. */
export async function observe(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { employment } = run.record;
  const early = endByRecord(run.known);
  if (early !== undefined) return ended(early, employment);
  run.account = await correlate(run);
  const { type: process, attributes: person, account } = run;
  const plan = await run.allowed(() => datadog.planIntent({ event, process, person, accountId: account?.id }));
  writeDown(run, plan, event);
  const { parts } = run;
  if (plan.end?.kind === 'held') return { outcome: observed(parts, 'the leaver, sent again,'), employment };
  // Somebody who asks for a restore once more is still somebody who has left.
  if (event.restore === true) return conclude(plan, employment, observed(parts, '`npx muster person restore`'));
  const after = process === 'offboarding' ? 'left' : employment === 'employed' ? 'employed' : 'joining';
  return conclude(plan, after, observed(parts, '`npx muster person retry`'));
}

/** What ends without a change ends so here too; what is blocked or carried out later is only written down. */
const conclude = ({ end }: ProcessPlan, employment: Employment, outcome: Outcome): Ending =>
  end === undefined || end.kind === 'blocked' ? { outcome, employment } : ended(end, employment, outcome.parts);

function writeDown(run: PersonRun, plan: ProcessPlan, event: HrEvent): void {
  for (const part of plannedParts(plan, event.effectiveAt)) run.finishPart(part, 'planned');
  for (const warning of plan.warnings) run.note(warning);
  for (const { kind, name } of plan.excess) {
    run.finishPart(`${kind} ${name}`, 'notDone', excessWords, { isExcess: true });
  }
  for (const { part, why } of plan.withheld) run.finishPart(part, 'notDone', why);
  for (const permission of plan.notVisible) {
    run.finishPart('teams', 'notDone', notVisibleWords(permission), { permission });
  }
}

const observed = (parts: Outcome['parts'], again: string): Outcome => ({
  kind: 'observed',
  detail: `the policy says mode: observe: nothing was written; with mode: enforce, ${again} carries it out`,
  parts,
});
