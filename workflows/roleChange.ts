import { endByAccount, endByRecord } from '../domain/access/earlyEnd.ts';
import { orObserve } from './observe.ts';
import { knownOf, type PersonRun } from './run/personRun.ts';
import { ended, type Ending } from './run/process.ts';
import { runPerson } from './run/run.ts';
import { alignAccount } from './steps/assignment.ts';
import { correlate } from './steps/correlate.ts';
import { grantAccess } from './steps/grantAccess.ts';
import { policyAccess } from './steps/wantedAccess.ts';

/** Mover and reconcile: what the person holds follows what the policy grants them now. */
export async function roleChange(input: unknown): Promise<void> {
  await runPerson('roleChange', input, orObserve(changeRoles));
}

async function changeRoles(run: PersonRun): Promise<Ending> {
  const { process, mailbox } = run;
  const { employment } = mailbox.person;
  const nothingToDo = endByRecord(knownOf(run));
  if (nothingToDo !== undefined) return ended(nothingToDo, employment);

  await process.enter('preparing');
  const [access, found] = await Promise.all([policyAccess(run), correlate(run)]);
  const end = endByAccount({ ...knownOf(run), account: found, isNeverSeen: false, isRestore: false });
  if (found === undefined) return ended(end, employment);
  const aligned = await alignAccount(run, found);
  if (end !== undefined) return ended(end, employment);

  await process.enter('changing');
  await grantAccess(run, { access, ...aligned });
  return { outcome: process.outcome(), employment: 'employed' };
}
