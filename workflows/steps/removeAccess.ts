import { heldEntitlements } from '../../domain/access/plan.ts';
import { notVisibleWords } from '../../domain/access/warnings.ts';
import type { SeenAccess, SeenAccount } from '../../domain/model.ts';
import { bestEffort, datadog } from '../proxies.ts';
import { throwUnlessFailed } from '../run/cancellation.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';
import { removeAll } from './entitlements.ts';

type Leaving = Uses<'process' | 'mailbox' | 'blockers'>;

/** What `person restore` grants again, on record. It is worth a minute, not more: nothing delays the disabling. */
export async function readHeldAccess(run: Leaving, { id }: SeenAccount): Promise<SeenAccess | undefined> {
  return (await dispensable(() => bestEffort.readLastHoldings(becauseOf(run), id)))?.access;
}

/** `held` as it was read before the account was disabled. A disabled account keeps what it holds: it can be read still. */
export async function removeAccess(run: Leaving, account: SeenAccount, held: SeenAccess | undefined): Promise<void> {
  const access = held ?? (await readLate(run, account));
  if (access === undefined) return;
  await removeAll(run, account.id, heldEntitlements(access), becauseOf(run));
  for (const { name } of access.teams.filter(({ isManaged }) => isManaged)) {
    run.process.finishPart(`remove team ${name}`, 'alreadySo', { detail: 'the team is managed outside Muster' });
  }
  const permission = access.teamsNotVisible;
  if (permission !== undefined) {
    run.process.finishPart('remove teams', 'notDone', { detail: notVisibleWords(permission), permission });
  }
}

/** Whether it is so in Datadog. */
export async function readBackRemoval(run: Leaving, { id }: SeenAccount): Promise<void> {
  const { process } = run;
  const access = await readAccess(run, { id });
  if (access === undefined) return;
  process.useAccount(access.account);
  for (const { kind, name } of heldEntitlements(access)) {
    process.finishPart(`read back ${kind} ${name}`, 'failed', { detail: 'still held' });
  }
  if (access.account.status !== 'disabled') {
    process.finishPart('read back account', 'failed', { detail: 'still enabled' });
  }
}

/** It could not be read before; what Muster has disabled by now is kept all the same. */
async function readLate(run: Leaving, account: SeenAccount): Promise<SeenAccess | undefined> {
  if (account.status === 'disabled') return readAccess(run, account);
  return (await run.blockers.allowed(() => datadog.readLastHoldings(becauseOf(run), account.id)))?.access;
}

async function readAccess(run: Leaving, { id }: Pick<SeenAccount, 'id'>): Promise<SeenAccess | undefined> {
  return (await run.blockers.allowed(() => datadog.readHoldings(becauseOf(run), id)))?.access;
}

/** Application keys die with the account, API keys outlive it: the manager should know. Never holds up the disabling. */
export async function reportOwnedKeys({ process }: Uses<'process'>, { id }: SeenAccount): Promise<void> {
  const keys = await dispensable(() => bestEffort.reportOwnedKeys(process.personId, id));
  if (keys === undefined) return process.note('the keys could not be listed');
  const { applicationKeys, apiKeys, notVisible } = keys;
  if (applicationKeys + apiKeys > 0) {
    process.note(`owned ${applicationKeys} application key(s), created ${apiKeys} API key(s)`);
  }
  for (const permission of notVisible) process.note(`keys ${notVisibleWords(permission)}`);
}

/** The failure of an optional step is data. */
async function dispensable<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    throwUnlessFailed(error);
    return undefined;
  }
}
