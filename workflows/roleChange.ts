import type { PersonRunInput } from '../domain/contracts.ts';
import type { HrEvent } from '../domain/model.ts';
import { askForApprovals, outcomeOf, resolveAccess } from './steps/access.ts';
import { alignAccount, changeAccount } from './steps/attributes.ts';
import { correlate } from './steps/correlate.ts';
import type { PersonRun } from './run/personRun.ts';
import { runPerson } from './run/run.ts';
import { type Ending } from './run/story.ts';

/** Mover and reconcile: what the person holds follows what the policy gives them now. */
export async function roleChange(input: PersonRunInput): Promise<void> {
  await runPerson('roleChange', input, changeRoles);
}

async function changeRoles(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { employment } = run.record;
  const attributes = run.attributes;
  const nothingToDo = (detail: string): Ending => ({ outcome: { kind: 'nothingToDo', detail, parts: [] }, employment });
  if (attributes === undefined) return nothingToDo('nothing is known of this person');
  if (employment === 'left') return nothingToDo('recorded; the person has left');
  if (employment === 'unknown') return nothingToDo('recorded; the person has not joined yet');
  await run.enter('preparing');

  const [access, account] = await Promise.all([resolveAccess(run, attributes), correlate(run)]);
  if (account === undefined) return nothingToDo('recorded; the person has no account');
  run.account = account;
  if (account.status !== 'disabled') run.account = await alignAccount(run, event, account, attributes);
  // A Pending account stays without roles, and a disabled one is not Muster's to revive on a move.
  if (account.status !== 'active') return nothingToDo(`recorded; the account is ${account.status}`);
  await run.enter('changing');
  await askForApprovals(run, access, account);
  await changeAccount(run, event, access, account);
  return { outcome: outcomeOf(run.parts), employment: 'employed' };
}
