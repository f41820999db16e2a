import { ActivityFailure, CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { PersonRunInput } from './core/contracts.ts';
import { heldEntitlements } from './core/plan.ts';
import type { HrEvent } from './core/model.ts';
import { outcomeOf } from './access.ts';
import { ignoreCancellation, type PersonRun } from './personRun.ts';
import { runPerson, type Ending } from './runPerson.ts';
import { bestEffort, datadog, records } from './proxies.ts';
import { becauseOf, revokeAll } from './writes.ts';

/** Leaver: the account is disabled first, then emptied, since a re-enable would bring its roles back. */
export async function offboarding(input: PersonRunInput): Promise<void> {
  await runPerson('offboarding', input, offboard);
}

async function offboard(run: PersonRun, event: HrEvent): Promise<Ending> {
  await run.enter('changing');
  const alarm = new CancellationScope();
  const alarming = alarm.run(() => raiseAlarm(run)).catch(ignoreCancellation);
  try {
    return await endAccess(run, event);
  } finally {
    alarm.cancel();
    await alarming;
  }
}

async function endAccess(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { personId, accountId } = run.record;
  const email = run.attributes?.email;
  const { account } = await run.allowed(() =>
    datadog.correlateAccount({
      personId,
      ...(accountId === undefined ? {} : { accountId }),
      ...(email === undefined ? {} : { email }),
    }),
  );
  if (account === undefined) {
    return { outcome: { kind: 'nothingToDo', detail: 'the person has no account', parts: [] }, employment: 'left' };
  }
  run.account = account;
  const because = becauseOf(run, event);
  // What is held is worth a minute, not more: nothing delays the disabling.
  const before = await firstMinute(() => bestEffort.readHoldings(personId, account.id));
  const reporting = reportOwnedKeys(run, account.id).catch(ignoreCancellation);
  if (account.status === 'pending') await run.allowed(() => datadog.cancelInvitations(account.id, because));
  await run.allowed(() => datadog.disableAccount(account.id, because));
  run.finishPart('disable account', account.status === 'disabled' ? 'alreadySo' : 'done');
  const holdings = before ?? (await run.allowed(() => datadog.readHoldings(personId, account.id)));
  if (holdings !== undefined) {
    await revokeAll(run, event, account.id, heldEntitlements(holdings.access));
    for (const { name } of holdings.access.teams.filter(({ isManaged }) => isManaged)) {
      run.finishPart(`remove team ${name}`, 'alreadySo', 'the team is managed outside Muster');
    }
    if (holdings.access.teamsNotVisible !== undefined) {
      run.finishPart(
        'remove teams',
        'notDone',
        `not visible: the application key lacks ${holdings.access.teamsNotVisible}`,
      );
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

/** Application keys die with the account, API keys outlive it: the manager should know. Never holds up the disabling. */
async function reportOwnedKeys(run: PersonRun, accountId: string): Promise<void> {
  const keys = await firstMinute(() => bestEffort.listOwnedKeys(accountId));
  if (keys === undefined) return run.note('the keys could not be listed');
  const { applicationKeys, apiKeys, notVisible } = keys;
  const manager = run.attributes?.manager;
  if (applicationKeys.length + apiKeys.length > 0) {
    run.note(`owned ${applicationKeys.length} application key(s), created ${apiKeys.length} API key(s)`);
  }
  for (const permission of notVisible) run.note(`keys not visible: the application key lacks ${permission}`);
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
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return undefined;
  }
}

async function raiseAlarm(run: PersonRun): Promise<void> {
  await sleep(run.processTimes.leaverAlarmAfterMs);
  run.note('access has not ended in time; goes on trying');
  await records.notify({ kind: 'leaverDelayed', personId: run.personId, to: [], details: {} });
}
