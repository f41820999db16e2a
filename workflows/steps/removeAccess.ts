import { heldEntitlements } from '../../domain/access/plan.ts';
import { notVisibleWords } from '../../domain/access/warnings.ts';
import type { SeenAccount } from '../../domain/model.ts';
import { bestEffort, datadog } from '../proxies.ts';
import { throwUnlessFailed } from '../run/cancellation.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';
import { attempted, optional, removeAll } from './entitlements.ts';
import { tellOfAccess } from './tellOfAccess.ts';

/** What is not read by then is a failed part, in words. */
const longEnough = { scheduleToCloseTimeout: '10 minutes' } as const;

type Held = NonNullable<Awaited<ReturnType<(typeof datadog)['readLastHoldings']>>>;
type Leaving = Uses<'process' | 'mailbox' | 'blockers'>;

/**
 * Takes away all that the account holds, best effort: what fails is a failed part. An account that is disabled keeps what it
 * holds, so that it can be read afterwards; `person restore` grants it again.
 */
export async function removeAccess(run: Leaving, account: SeenAccount): Promise<void> {
  const { process } = run;
  const because = becauseOf(run);
  if (account.status === 'pending') {
    await attempted(run, 'cancel invitations', () =>
      optional(run, 'cancel invitations', () => bestEffort.cancelInvitations(account.id, because)),
    );
  }
  const held = await readHeld(run, account);
  if (held === undefined) return;
  const { access, unreadTeams = 0 } = held;
  await removeAll(run, account.id, heldEntitlements(access), because);
  for (const { name } of access.teams.filter(({ isManaged }) => isManaged)) {
    process.finishPart(`remove team ${name}`, 'alreadySo', { detail: 'the team is managed outside Muster' });
  }
  if (unreadTeams > 0) {
    const detail = `${unreadTeams} membership(s) in Datadog cannot be read: see the account's teams there`;
    process.finishPart('remove teams', 'failed', { detail });
  }
  const permission = access.teamsNotVisible;
  if (permission !== undefined) {
    process.finishPart('remove teams', 'notDone', { detail: notVisibleWords(permission), permission });
  }
}

/** Where the teams cannot be read within a minute, the roles are taken before they are read for as long as it makes sense. */
async function readHeld(run: Leaving, { id }: SeenAccount): Promise<Held | undefined> {
  const { blockers } = run;
  const because = becauseOf(run);
  const whole = await dispensable(() =>
    blockers.allowed(() => bestEffort.readLastHoldings(because, id), { isPart: true }),
  );
  if (whole !== undefined) return whole;
  const readRoles = () => datadog.readLastHoldings(because, id, { withoutTeams: true });
  const roles = await attempted(run, 'remove roles', () => blockers.allowed(readRoles, { isPart: true }));
  if (roles !== undefined) await removeAll(run, id, heldEntitlements(roles.access), because);
  const readTeams = () => datadog.readLastHoldings.executeWithOptions(longEnough, [because, id]);
  return attempted(run, 'remove teams', () => blockers.allowed(readTeams, { isPart: true }));
}

/** Whether it is so in Datadog. */
export async function readBackRemoval(run: Leaving, { id }: SeenAccount): Promise<void> {
  const { process, blockers } = run;
  const because = becauseOf(run);
  const read = () =>
    blockers.allowed(() => datadog.readHoldings.executeWithOptions(longEnough, [because, id]), { isPart: true });
  const access = (await attempted(run, 'read back', read))?.access;
  if (access === undefined) return;
  process.useAccount(access.account);
  for (const { kind, name } of heldEntitlements(access)) {
    process.finishPart(`read back ${kind} ${name}`, 'failed', { detail: 'still held' });
  }
  if (access.account.status === 'disabled') return;
  process.finishPart('read back account', 'failed', { detail: 'still enabled' });
  await tellOfAccess(run, 'accessNotEnded', 'the account is enabled again');
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
