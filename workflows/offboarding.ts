import { sleep } from '@temporalio/workflow';
import { endByAccount, isNeverSeen } from '../domain/access/earlyEnd.ts';
import type { SeenAccount } from '../domain/model.ts';
import { orObserve } from './observe.ts';
import { records } from './proxies.ts';
import { throwUnlessFailed } from './run/cancellation.ts';
import { wordsOf } from './run/failures.ts';
import { knownOf, type PersonRun } from './run/personRun.ts';
import { ended, type Ending } from './run/process.ts';
import { runPerson } from './run/run.ts';
import { alongside, together } from './run/waits.ts';
import { correlate } from './steps/correlate.ts';
import { rejectedAboveBudget } from './steps/changeBudget.ts';
import { disableAccount } from './steps/disableAccount.ts';
import { readBackRemoval, removeAccess, reportOwnedKeys } from './steps/removeAccess.ts';
import { tellOfAccess } from './steps/tellOfAccess.ts';
import { untilKnown } from './steps/unknownLeaver.ts';

/** Leaver: the account is disabled first, then emptied, since a re-enable would bring its roles back. Nothing but the disabling holds it up. */
export async function offboarding(input: unknown): Promise<void> {
  await runPerson('offboarding', input, orObserve(offboard));
}

async function offboard(run: PersonRun): Promise<Ending> {
  await run.process.enter('changing');
  try {
    return await alongside(
      () => raiseAlarm(run),
      () => endAccess(run),
    );
  } catch (error) {
    throwUnlessFailed(error);
    if (!hasEnded(run)) await tellOfAccess(run, 'accessNotEnded', wordsOf(error));
    throw error;
  }
}

const hasEnded = ({ process }: PersonRun): boolean => process.account?.status === 'disabled';

async function endAccess(run: PersonRun): Promise<Ending> {
  const { process, mailbox } = run;
  const account = await leaversAccount(run);
  if (account === undefined) return ended(endOf(run, account, false), 'left');
  process.useAccount(account);
  if (account.status !== 'disabled') {
    const rejected = await rejectedAboveBudget(run, 'access');
    if (rejected !== undefined) {
      return { outcome: { kind: 'cancelled', detail: rejected, parts: [] }, employment: mailbox.person.employment };
    }
  }
  await together([
    async () => {
      await disableAccount(run, account, () => removeAccess(run, account));
      await readBackRemoval(run, account);
    },
    () => reportOwnedKeys(run, account),
  ]);
  return { outcome: process.outcome(), employment: 'left' };
}

async function leaversAccount(run: PersonRun): Promise<SeenAccount | undefined> {
  const account = await correlate(run);
  if (endOf(run, account, isNeverSeen(run.mailbox.person))?.kind !== 'held') return account;
  await run.process.whileReplaceable(() => untilKnown(run));
  return correlate(run);
}

const endOf = (run: PersonRun, account: SeenAccount | undefined, isUnknown: boolean) =>
  endByAccount({ ...knownOf(run), account, isNeverSeen: isUnknown, isRestore: false });

async function raiseAlarm(run: PersonRun): Promise<void> {
  const { process, mailbox } = run;
  await sleep(mailbox.terms.times.leaverAlarmAfterMs, { summary: 'alarm: access should have ended by then' });
  if (hasEnded(run)) return;
  process.note('access has not ended in time; goes on trying');
  await records.notify({ kind: 'leaverDelayed', personId: process.personId, details: {} });
}
