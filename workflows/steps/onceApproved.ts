import { undecidableWords } from '../../domain/access/warnings.ts';
import { isUndecidable } from '../../domain/approvals.ts';
import type { ApprovalState } from '../../domain/contracts.ts';
import type { Because } from '../../domain/evidence.ts';
import { approvalNeeded, decisionsLapsed } from '../../domain/failures.ts';
import { records } from '../proxies.ts';
import { failureIn } from '../run/failures.ts';
import type { Uses } from '../run/personRun.ts';
import { waitFor } from '../run/waits.ts';
import { becauseApproved } from './approvedAssignments.ts';
import type { LapsedDecision } from '../../domain/decision.ts';

/** A change of the account itself that needs an approval. */
interface AccountChange {
  /** In words, for the approvers. */
  readonly act: string;
  /** Takes news in place while it waits. */
  readonly takesNews?: boolean;
}

type ActEnd<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly why: string };

type Waiting = Uses<'process' | 'mailbox' | 'approvals'>;

/** Requests, waits, and writes, because of the event as it is then: a newer one may have taken its place. */
export async function onceApproved<T>(
  run: Waiting,
  { act, takesNews = false }: AccountChange,
  write: (because: Because) => Promise<T>,
): Promise<ActEnd<T>> {
  const { process, mailbox, approvals } = run;
  const request = await records.requestForAct(process.personId, act, mailbox.attributes?.manager);
  const { approvalId } = request;
  if (isUndecidable(request)) return { done: false, why: undecidableWords };
  await approvals.request([request]);
  for (;;) {
    await approvals.showWait();
    if (takesNews) await decidedInPlace(run, approvalId);
    const state = await approvals.decided(approvalId);
    const approval = approvals.find(approvalId);
    if (approval === undefined || state !== 'approved') return { done: false, why: `the approval was ${words[state]}` };
    try {
      return { done: true, value: await write(becauseApproved(mailbox.event, approval)) };
    } catch (error) {
      const lapsed = lapsedIn(error);
      if (lapsed === undefined) throw error;
      await approvals.requestAgain(approvalId, lapsed);
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
