import type { PersonRunInput } from '../domain/contracts.ts';
import { endByAccount, endByRecord } from '../domain/access/earlyEnd.ts';
import type { HrEvent } from '../domain/model.ts';
import { outcomeOf, resolveAccess } from './steps/access.ts';
import { alignAccount, changeAccount } from './steps/attributes.ts';
import { correlate } from './steps/correlate.ts';
import { ended, type Ending } from './run/story.ts';
import type { PersonRun } from './run/personRun.ts';
import { runPerson } from './run/run.ts';

/** Mover and reconcile: what the person holds follows what the policy gives them now. */
export async function roleChange(input: PersonRunInput): Promise<void> {
  await runPerson('roleChange', input, changeRoles);
}

async function changeRoles(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { employment } = run.record;
  const { attributes } = run;
  const nothingToDo = endByRecord(run.known);
  if (nothingToDo !== undefined || attributes === undefined) return ended(nothingToDo, employment);
  await run.enter('preparing');

  const [access, account] = await Promise.all([resolveAccess(run, attributes), correlate(run)]);
  run.account = account;
  const end = endByAccount({ ...run.known, account, isNeverSeen: false, isRestore: false });
  if (account !== undefined && account.status !== 'disabled') {
    run.account = await alignAccount(run, event, account, attributes);
  }
  if (end !== undefined || account === undefined) return ended(end, employment);
  await run.enter('changing');
  await changeAccount(run, event, access, account);
  return { outcome: outcomeOf(run.parts), employment: 'employed' };
}
