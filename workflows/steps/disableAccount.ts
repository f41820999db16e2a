import { patched, sleep, type ActivityFailure } from '@temporalio/workflow';
import { hourMs } from '../../domain/durations.ts';
import { protectionAdvice, type Protection } from '../../domain/access/protection.ts';
import { disableRefused, protectedAccount } from '../../domain/failures.ts';
import type { SeenAccount } from '../../domain/model.ts';
import { blockerPoll, datadog, everyMinute, records } from '../proxies.ts';
import type { Blocker } from '../run/blockers.ts';
import { failureIn, missingPermissionOf, wordsOf } from '../run/failures.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';
import { alongside, together, waitFor } from '../run/waits.ts';
import { tellOfAccess } from './tellOfAccess.ts';

type Leaving = Uses<'process' | 'mailbox' | 'blockers'>;
type End = Awaited<ReturnType<(typeof datadog)['disableAccount']>>;

const part = 'disable account';

/**
 * Disables, once nothing protects the account: the operator is reminded of it every day. `empty` takes away what it holds,
 * afterwards, or as soon as Datadog refuses to disable it and every hour then, and throws for nothing but a cancellation.
 */
export async function disableAccount(run: Leaving, account: SeenAccount, empty: () => Promise<void>): Promise<void> {
  const first = await unlessProtected(run, account, () =>
    orRefusal(datadog.disableAccount(account.id, becauseOf(run))),
  );
  if (typeof first === 'string') {
    await finish(run, account, first);
    return empty();
  }
  await tellOfAccess(run, 'accessNotEnded', wordsOf(first));
  let isDisabled = false;
  const disabling = async () => {
    await finish(run, account, await untilDisabled(run, account, first));
    isDisabled = true;
  };
  const emptyAgain = () => {
    run.process.reopenParts((one) => one !== part);
    return empty();
  };
  await together([disabling, () => emptyUntil(() => isDisabled, empty, emptyAgain)]);
  if (patched(patches.emptiedAtTheEnd)) await emptyAgain();
}

/** Runs that were refused before this was so emptied an account once. Each has a name of its own, since an open run may meet the second alone. */
const patches = {
  emptiedHourly: 'emptied hourly while Datadog refuses',
  emptiedAtTheEnd: 'emptied once more after a refusal',
} as const;

/** Who is not disabled logs in, and mappings give access at each login; and what was refused may be taken later. */
async function emptyUntil(
  isEnded: () => boolean,
  empty: () => Promise<void>,
  emptyAgain: () => Promise<void>,
): Promise<void> {
  await empty();
  if (!patched(patches.emptiedHourly)) return;
  const summary = 'what the account holds is taken away again';
  while (!(await waitFor(isEnded, { at: Date.now() + hourMs, summary }))) await emptyAgain();
}

async function finish(run: Leaving, account: SeenAccount, end: End): Promise<void> {
  const { process } = run;
  process.useAccount({ ...account, status: 'disabled' });
  const detail = end === 'gone' ? 'the account is gone' : undefined;
  const isAlreadySo = account.status === 'disabled' || end === 'gone';
  process.finishPart(part, isAlreadySo ? 'alreadySo' : 'done', { detail });
  await tellOfAccess(run, 'accessEnded');
}

/** Datadog's refusal is a result: what else is thrown says that the request was not made. */
async function orRefusal(disabling: Promise<End>): Promise<End | ActivityFailure> {
  try {
    return await disabling;
  } catch (error) {
    if (failureIn(error)?.type === disableRefused) return error as ActivityFailure;
    throw error;
  }
}

/** Tried again every minute, or once the key has the permission, as long as it takes. */
function untilDisabled(run: Leaving, { id }: SeenAccount, refusal: ActivityFailure): Promise<End> {
  const { blockers } = run;
  const blocker = { reason: `Datadog does not disable account ${id}: ${wordsOf(refusal)}`, advice: refusedAdvice };
  // Not before something may have changed: it was refused a moment ago.
  let isFirst = true;
  const askedAtOnce = (): boolean => {
    const wasFirst = isFirst;
    isFirst = false;
    return !wasFirst;
  };
  const again = () => {
    if (missingPermissionOf(refusal) !== undefined && !askedAtOnce()) throw refusal;
    return blockers.waitUntilResolved('blocked', blocker, () =>
      everyMinute.awaitDisabled(id, becauseOf(run), askedAtOnce()),
    );
  };
  return unlessProtected(run, { id }, async () => again());
}

const refusedAdvice =
  'it is tried again every minute; what the account holds is taken away meanwhile: disable it in Datadog yourself, or mend what Datadog says';

/** Once nothing protects the account. */
async function unlessProtected<T>(run: Leaving, account: Pick<SeenAccount, 'id'>, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run.blockers.allowed(call);
    } catch (error) {
      const protection = protectionIn(error);
      if (protection === undefined) throw error;
      await untilUnprotected(run, account, protection);
    }
  }
}

async function untilUnprotected(run: Leaving, { id }: Pick<SeenAccount, 'id'>, protection: Found): Promise<void> {
  const { process, blockers } = run;
  const blocker = { reason: protection.words, advice: protectionAdvice[protection.by] };
  const poll = protection.by === 'unknown' ? everyMinute : blockerPoll;
  await process.whileReplaceable(() =>
    alongside(
      () => remindDaily(run, blocker),
      () => blockers.waitUntilResolved('blocked', blocker, () => blockers.allowed(() => poll.awaitUnprotected(id))),
    ),
  );
}

async function remindDaily({ process: { personId } }: Uses<'process'>, details: Blocker): Promise<never> {
  for (;;) {
    await sleep('1 day', { summary: 'reminder: the account is protected' });
    await records.notify({ kind: 'leaverDelayed', personId, details: { ...details } });
  }
}

interface Found {
  readonly by: Protection;
  readonly words: string;
}

function protectionIn(error: unknown): Found | undefined {
  const failure = failureIn(error);
  if (failure?.type !== protectedAccount) return undefined;
  const [by = 'emergency'] = (failure.details ?? []) as Protection[];
  return { by, words: failure.message };
}
