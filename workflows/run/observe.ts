import { correlate } from '../steps/correlate.ts';
import { intendedParts } from '../../domain/access/intent.ts';
import type { HrEvent, Outcome } from '../../domain/model.ts';
import { excessWords, notVisibleWords } from '../../domain/access/warnings.ts';
import type { PersonRun } from './personRun.ts';
import { datadog } from '../proxies.ts';
import type { Ending } from './story.ts';

/** Instead of a story: reads, and writes down what would be written. `person retry` carries it out once the policy enforces. */
export async function observe(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { employment } = run.record;
  const { attributes, type } = run;
  const isLeaving = type === 'offboarding';
  const isMove = type === 'roleChange';
  if (!isLeaving && (attributes === undefined || (isMove && (employment === 'left' || employment === 'unknown')))) {
    return { outcome: { kind: 'nothingToDo', detail: 'recorded', parts: [] }, employment };
  }
  run.account = await correlate(run);
  await writeDownIntent(run, event);
  // Who asks for a restore once more is still somebody who has left.
  if (event.restore === true) return { outcome: observed(run, 'person restore'), employment };
  return {
    outcome: observed(run, 'person retry'),
    employment: isLeaving ? 'left' : employment === 'employed' ? 'employed' : 'joining',
  };
}

async function writeDownIntent(run: PersonRun, event: HrEvent): Promise<void> {
  const { type, attributes: person, account } = run;
  const intent = await run.allowed(() => datadog.planIntent({ event, process: type, person, accountId: account?.id }));
  for (const part of intendedParts(intent, event.effectiveAt)) run.finishPart(part, 'planned');
  for (const warning of intent.warnings) run.note(warning);
  for (const { kind, name } of intent.excess) {
    run.finishPart(`${kind} ${name}`, 'notDone', excessWords);
  }
  for (const permission of intent.notVisible) {
    run.finishPart('teams', 'notDone', notVisibleWords(permission), permission);
  }
}

const observed = ({ parts }: PersonRun, again: 'person retry' | 'person restore'): Outcome => ({
  kind: 'observed',
  detail: `the policy says mode: observe: nothing was written; with mode: enforce, \`npx muster ${again}\` carries it out`,
  parts,
});
