import { sleep } from '@temporalio/workflow';
import { endByAccount, isNeverSeen } from '../domain/access/earlyEnd.ts';
import type { SeenAccount } from '../domain/model.ts';
import { orObserve } from './observe.ts';
import { records } from './proxies.ts';
import { knownOf, type PersonRun } from './run/personRun.ts';
import { ended, type Ending } from './run/process.ts';
import { runPerson } from './run/run.ts';
import { alongside, together } from './run/waits.ts';
import { correlate } from './steps/correlate.ts';
import { rejectedAboveBudget } from './steps/changeBudget.ts';
import { disableAccount } from './steps/disableAccount.ts';
import { readBackRemoval, readHeldAccess, removeAccess, reportOwnedKeys } from './steps/removeAccess.ts';
import { untilKnown } from './steps/unknownLeaver.ts';

/** Leaver: the account is disabled first, then emptied, since a re-enable would bring its roles back. */
export async function offboarding(input: unknown): Promise<void> {
  await runPerson('offboarding', input, orObserve(offboard));
}

async function offboard(run: PersonRun): Promise<Ending> {
  await run.process.enter('changing');
  return alongside(
    () => raiseAlarm(run),
    () => endAccess(run),
  );
}

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
  const held = await readHeldAccess(run, account);
  await together([
    () => reportOwnedKeys(run, account),
    async () => {
      await disableAccount(run, account);
      await removeAccess(run, account, held);
      await readBackRemoval(run, account);
    },
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

async function raiseAlarm({ process, mailbox }: PersonRun): Promise<void> {
  await sleep(mailbox.terms.times.leaverAlarmAfterMs, { summary: 'alarm: access should have ended by then' });
  process.note('access has not ended in time; goes on trying');
  await records.notify({ kind: 'leaverDelayed', personId: process.personId, details: {} });
}
