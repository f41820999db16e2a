import { undecidableWords } from '../../domain/access/warnings.ts';
import { isUndecidable } from '../../domain/approvals.ts';
import type { AccountChange, ApprovalState, LapsedDecision } from '../../domain/decision.ts';
import type { Because } from '../../domain/evidence.ts';
import { approvalNeeded, decisionsLapsed } from '../../domain/failures.ts';
import { records } from '../proxies.ts';
import { failureIn } from '../run/failures.ts';
import { becauseOf, type Uses } from '../run/personRun.ts';
import { isoOf } from '../run/process.ts';
import { waitFor } from '../run/waits.ts';

/** A change of the account itself that needs an approval. */
interface GuardedChange {
  readonly about: AccountChange;
  /** Takes news in place while it waits. */
  readonly takesNews?: boolean;
}

type ChangeEnd<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly why: string };

type Waiting = Uses<'process' | 'mailbox' | 'approvals'>;

/** Requests, waits, and writes, because of the event as it is then: a newer one may have taken its place. */
export async function onceApproved<T>(
  run: Waiting,
  { about, takesNews = false }: GuardedChange,
  write: (because: Because) => Promise<T>,
): Promise<ChangeEnd<T>> {
  const { approvals } = run;
  for (let last: string | undefined; ;) {
    const request = await records.requestForChange(becauseOf(run), about, isoOf(Date.now()));
    const { approvalId } = request;
    if (isUndecidable(request)) return { done: false, why: undecidableWords };
    await approvals.request([request]);
    await approvals.showWait();
    if (takesNews) await decidedInPlace(run, approvalId);
    const state = await approvals.decided(approvalId);
    if (state !== 'approved') return { done: false, why: `the approval was ${words[state]}` };
    try {
      return { done: true, value: await write(becauseOf(run, approvalId)) };
    } catch (error) {
      const lapsed = lapsedIn(error);
      // HR says another e-mail by now: that takes a request of its own.
      if (lapsed === undefined && !(needsApproval(error) && approvalId !== last)) throw error;
      if (lapsed !== undefined) await approvals.requestAgain(approvalId, lapsed);
      last = approvalId;
    }
  }
}

const words = {
  open: 'not decided',
  approved: 'granted',
  rejected: 'rejected',
  timedOut: 'not decided in time',
  withdrawn: 'withdrawn',
} as const satisfies Record<ApprovalState, string>;

/** A joiner with another date or a mover changes what is wanted, not what is requested. */
async function decidedInPlace({ process, mailbox, approvals }: Waiting, approvalId: string): Promise<void> {
  for (;;) {
    const hasNews = mailbox.watch();
    const isDecided = () => approvals.isDecided(approvalId);
    await waitFor(() => isDecided() || hasNews(), { at: mailbox.newsAt, summary: 'until the newer event is due' });
    if (isDecided()) return;
    if (mailbox.takeNews()) process.note('changed in place by a newer event');
  }
}

export const needsApproval = (error: unknown): boolean => failureIn(error)?.type === approvalNeeded;

function lapsedIn(error: unknown): readonly LapsedDecision[] | undefined {
  const failure = failureIn(error);
  if (failure?.type !== decisionsLapsed) return undefined;
  const [lapsed] = (failure.details ?? []) as (readonly LapsedDecision[])[];
  return lapsed ?? [];
}
