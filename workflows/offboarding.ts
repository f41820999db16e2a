import { sleep } from '@temporalio/workflow';
import { ignoreCancellation, throwUnlessFailed } from './run/cancellation.ts';
import type { PersonRunInput } from '../domain/contracts.ts';
import { protectedAccount } from '../domain/failures.ts';
import { overBudget } from '../domain/access/planWords.ts';
import { heldEntitlements } from '../domain/access/plan.ts';
import type { Access, Account, HrEvent } from '../domain/model.ts';
import { notVisibleWords } from '../domain/access/warnings.ts';
import { outcomeOf } from './steps/access.ts';
import { correlate } from './steps/correlate.ts';
import { failureIn, isoOf, type Blocker, type PersonRun } from './run/personRun.ts';
import { runPerson } from './run/run.ts';
import { alongside } from './run/waits.ts';
import { bestEffort, datadog, blockerPoll, records } from './proxies.ts';
import { endByAccount, isNeverSeen } from '../domain/access/earlyEnd.ts';
import { untilKnown } from './steps/unknownLeaver.ts';
import { becauseOf, revokeAll } from './steps/grants.ts';
import type { Because } from '../domain/evidence.ts';
import { type Ending } from './run/story.ts';
import { protectionAdvice, type Protection } from '../domain/access/protection.ts';

/** Leaver: the account is disabled first, then emptied, since a re-enable would bring its roles back. */
export async function offboarding(input: PersonRunInput): Promise<void> {
  await runPerson('offboarding', input, offboard);
}

async function offboard(run: PersonRun, event: HrEvent): Promise<Ending> {
  await run.enter('changing');
  return alongside(
    () => raiseAlarm(run),
    () => endAccess(run, event),
  );
}

async function endAccess(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { personId } = run;
  let account = await correlate(run);
  if (endOfLeaver(run, account)?.kind === 'held') {
    await whileReplaceable(run, () => untilKnown(run));
    account = await correlate(run);
  }
  if (account === undefined) {
    const end = endOfLeaver(run, account, false);
    return { outcome: { kind: 'nothingToDo', detail: end?.detail, parts: [] }, employment: 'left' };
  }
  run.account = account;
  const because = becauseOf(run, event);
  // What is held is worth a minute, not more: nothing delays the disabling.
  const before = await firstMinute(() => bestEffort.readHoldings(personId, account.id));
  if (account.status !== 'disabled') {
    const rejected = await untilAdmitted(run, event);
    if (rejected !== undefined) return rejected;
    if (before !== undefined) await recordAccess(run, event, before.access);
  }
  const reporting = reportOwnedKeys(run, account.id).catch(ignoreCancellation);
  if (account.status === 'pending') await run.allowed(() => datadog.cancelInvitations(account.id, because));
  await disable(run, account, because);
  run.finishPart('disable account', account.status === 'disabled' ? 'alreadySo' : 'done');
  const holdings = before ?? (await run.allowed(() => datadog.readHoldings(personId, account.id)));
  if (holdings !== undefined) {
    // A disabled account keeps what it holds: what the first minute did not show is there still.
    if (before === undefined && account.status !== 'disabled') {
      await recordAccess(run, event, holdings.access);
    }
    await revokeAll(run, event, account.id, heldEntitlements(holdings.access));
    for (const { name } of holdings.access.teams.filter(({ isManaged }) => isManaged)) {
      run.finishPart(`remove team ${name}`, 'alreadySo', 'the team is managed outside Muster');
    }
    if (holdings.access.teamsNotVisible !== undefined) {
      run.finishPart('remove teams', 'notDone', notVisibleWords(holdings.access.teamsNotVisible), {
        permission: holdings.access.teamsNotVisible,
      });
    }
  }
  const readBack = await run.allowed(() => datadog.readHoldings(personId, account.id));
  if (readBack !== undefined) {
    run.account = readBack.access.account;
    for (const { kind, name } of heldEntitlements(readBack.access))
      run.finishPart(`read back ${kind} ${name}`, 'failed', 'still held');
    if (readBack.access.account.status !== 'disabled') run.finishPart('read back account', 'failed', 'still enabled');
  }
  await reporting;
  return { outcome: outcomeOf(run.parts), employment: 'left' };
}

const endOfLeaver = (run: PersonRun, account: Account | undefined, isUnknown = isNeverSeen(run.record)) =>
  endByAccount({ ...run.known, account, isNeverSeen: isUnknown, isRestore: false });

/** What `person restore` gives back. */
async function recordAccess({ personId }: PersonRun, { eventId }: HrEvent, access: Access): Promise<void> {
  await records.recordAccessBefore({ personId, eventId, at: isoOf(Date.now()) }, access);
}

/** Above the change budget a person decides whether this leaver goes; answers how it ends where they say no. */
async function untilAdmitted(run: PersonRun, event: HrEvent): Promise<Ending | undefined> {
  let admittance = await records.admitDisable(run.personId, event.eventId);
  if (admittance.state === 'held') {
    const reason = overBudget(admittance.limit);
    const advice = `\`npx muster leaver held\` shows all that are held, \`npx muster leaver release ${run.personId}\` lets this one go`;
    admittance = await whileReplaceable(run, () =>
      run.waitUntilResolved('held', { reason, advice }, () => blockerPoll.awaitRelease(run.personId, event.eventId)),
    );
  }
  if (admittance.state !== 'rejected') return undefined;
  const why = admittance.reason === undefined ? '' : `: ${admittance.reason}`;
  const detail = `rejected by ${admittance.actor}${why}`;
  return { outcome: { kind: 'cancelled', detail, parts: [] }, employment: run.record.employment };
}

/** Disables, once nothing protects the account: the operator is reminded of it every day. */
async function disable(run: PersonRun, account: Account, because: Because): Promise<void> {
  for (;;) {
    try {
      return await run.allowed(() => datadog.disableAccount(account.id, because));
    } catch (error) {
      const protection = protectionIn(error);
      if (protection === undefined) throw error;
      const blocker = { reason: `account ${account.id} is protected`, advice: protectionAdvice[protection] };
      const untilUnprotected = () =>
        run.waitUntilResolved('blocked', blocker, () => run.allowed(() => blockerPoll.awaitUnprotected(account.id)));
      await whileReplaceable(run, () => alongside(() => remindDaily(run, blocker), untilUnprotected));
    }
  }
}

async function remindDaily(run: PersonRun, details: Blocker): Promise<never> {
  for (;;) {
    await sleep('1 day', { summary: 'reminder: the account is protected' });
    await records.notify({ kind: 'leaverDelayed', personId: run.personId, to: [], details: { ...details } });
  }
}

/** Nothing is taken away yet: a withdrawn leave, or one with another date, may still replace this one. */
async function whileReplaceable<T>(run: PersonRun, wait: () => Promise<T>): Promise<T> {
  run.isReplaceable = true;
  try {
    return await wait();
  } finally {
    run.isReplaceable = false;
  }
}

function protectionIn(error: unknown): Protection | undefined {
  const failure = failureIn(error);
  if (failure?.type !== protectedAccount) return undefined;
  const [protection] = (failure.details ?? []) as Protection[];
  return protection ?? 'emergency';
}

/** Application keys die with the account, API keys outlive it: the manager should know. Never holds up the disabling. */
async function reportOwnedKeys(run: PersonRun, accountId: string): Promise<void> {
  const keys = await firstMinute(() => bestEffort.listOwnedKeys(accountId));
  if (keys === undefined) return run.note('the keys could not be listed');
  const { applicationKeys, apiKeys, notVisible } = keys;
  const manager = run.attributes?.manager;
  if (applicationKeys.length + apiKeys.length > 0) {
    run.note(`owned ${applicationKeys.length} application key(s), created ${apiKeys.length} API key(s)`);
  }
  for (const permission of notVisible) run.note(`keys ${notVisibleWords(permission)}`);
  await records.notify({
    kind: 'accessEnded',
    personId: run.personId,
    to: manager === undefined ? [] : [manager],
    details: { applicationKeys, apiKeys, notVisible },
  });
}

/** A failure of what is not needed is data. */
async function firstMinute<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    throwUnlessFailed(error);
    return undefined;
  }
}

async function raiseAlarm(run: PersonRun): Promise<void> {
  await sleep(run.processTimes.leaverAlarmAfterMs, { summary: 'alarm: access should have ended by then' });
  run.note('access has not ended in time; goes on trying');
  await records.notify({ kind: 'leaverDelayed', personId: run.personId, to: [], details: {} });
}
