import { heldEntitlements } from '../../domain/access/plan.ts';
import { notVisibleWords } from '../../domain/access/warnings.ts';
import type { Access, Account } from '../../domain/model.ts';
import { bestEffort, datadog, records } from '../proxies.ts';
import { throwUnlessFailed } from '../run/cancellation.ts';
import type { Uses } from '../run/personRun.ts';
import { isoOf } from '../run/process.ts';
import { becauseOf, removeAll } from './entitlements.ts';

type Leaving = Uses<'process' | 'mailbox' | 'blockers'>;

/** Recording held access is worth a minute, not more: nothing delays the disabling. */
export async function readHeldAccess({ process }: Leaving, { id }: Account): Promise<Access | undefined> {
  return (await dispensable(() => bestEffort.readHoldings(process.personId, id)))?.access;
}

/** What `person restore` grants again. */
export async function recordHeldAccess({ process, mailbox }: Leaving, access: Access): Promise<void> {
  const { personId } = process;
  const { eventId } = mailbox.event;
  await records.recordAccessBefore({ personId, eventId, at: isoOf(Date.now()) }, access);
}

/** `held` as it was read before the account was disabled. A disabled account keeps what it holds: it can be read still. */
export async function removeAccess(run: Leaving, account: Account, held: Access | undefined): Promise<void> {
  const access = held ?? (await readAccess(run, account));
  if (access === undefined) return;
  if (held === undefined && account.status !== 'disabled') await recordHeldAccess(run, access);
  await removeAll(run, account.id, heldEntitlements(access), becauseOf(run.mailbox.event));
  for (const { name } of access.teams.filter(({ isManaged }) => isManaged)) {
    run.process.finishPart(`remove team ${name}`, 'alreadySo', { detail: 'the team is managed outside Muster' });
  }
  const permission = access.teamsNotVisible;
  if (permission !== undefined) {
    run.process.finishPart('remove teams', 'notDone', { detail: notVisibleWords(permission), permission });
  }
}

/** Whether it is so in Datadog. */
export async function readBackRemoval(run: Leaving, { id }: Account): Promise<void> {
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

async function readAccess({ process, blockers }: Leaving, { id }: Pick<Account, 'id'>): Promise<Access | undefined> {
  return (await blockers.allowed(() => datadog.readHoldings(process.personId, id)))?.access;
}

/** Application keys die with the account, API keys outlive it: the manager should know. Never holds up the disabling. */
export async function reportOwnedKeys(
  { process, mailbox }: Uses<'process' | 'mailbox'>,
  { id }: Account,
): Promise<void> {
  const keys = await dispensable(() => bestEffort.listOwnedKeys(id));
  if (keys === undefined) return process.note('the keys could not be listed');
  const { applicationKeys, apiKeys, notVisible } = keys;
  if (applicationKeys.length + apiKeys.length > 0) {
    process.note(`owned ${applicationKeys.length} application key(s), created ${apiKeys.length} API key(s)`);
  }
  for (const permission of notVisible) process.note(`keys ${notVisibleWords(permission)}`);
  const { personId } = process;
  const details = { applicationKeys, apiKeys, notVisible };
  await dispensable(() => records.notify({ kind: 'accessEnded', personId, to: mailbox.managers, details }));
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
