import { sleep } from '@temporalio/workflow';
import { protectionAdvice, type Protection } from '../../domain/access/protection.ts';
import { protectedAccount } from '../../domain/failures.ts';
import type { SeenAccount } from '../../domain/model.ts';
import { blockerPoll, datadog, records } from '../proxies.ts';
import type { Blocker } from '../run/blockers.ts';
import { failureIn } from '../run/failures.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';
import { alongside } from '../run/waits.ts';

type Leaving = Uses<'process' | 'mailbox' | 'blockers'>;

/** Disables, once nothing protects the account: the operator is reminded of it every day. */
export async function disableAccount(run: Leaving, account: SeenAccount): Promise<void> {
  const { process, blockers } = run;
  const because = becauseOf(run);
  if (account.status === 'pending') await blockers.allowed(() => datadog.cancelInvitations(account.id, because));
  for (;;) {
    try {
      await blockers.allowed(() => datadog.disableAccount(account.id, because));
      break;
    } catch (error) {
      const protection = protectionIn(error);
      if (protection === undefined) throw error;
      await untilUnprotected(run, account, protection);
    }
  }
  process.finishPart('disable account', account.status === 'disabled' ? 'alreadySo' : 'done');
}

async function untilUnprotected(run: Leaving, { id }: SeenAccount, protection: Protection): Promise<void> {
  const { process, blockers } = run;
  const blocker = { reason: `account ${id} is protected`, advice: protectionAdvice[protection] };
  await process.whileReplaceable(() =>
    alongside(
      () => remindDaily(run, blocker),
      () =>
        blockers.waitUntilResolved('blocked', blocker, () => blockers.allowed(() => blockerPoll.awaitUnprotected(id))),
    ),
  );
}

async function remindDaily({ process: { personId } }: Uses<'process'>, details: Blocker): Promise<never> {
  for (;;) {
    await sleep('1 day', { summary: 'reminder: the account is protected' });
    await records.notify({ kind: 'leaverDelayed', personId, details: { ...details } });
  }
}

function protectionIn(error: unknown): Protection | undefined {
  const failure = failureIn(error);
  if (failure?.type !== protectedAccount) return undefined;
  const [protection] = (failure.details ?? []) as Protection[];
  return protection ?? 'emergency';
}
