import { isUndecidable } from '../../domain/approvals.ts';
import type { ApprovalState } from '../../domain/contracts.ts';
import { approvalNeeded, decisionsLapsed } from '../../domain/failures.ts';
import type { HrEvent, LapsedDecision } from '../../domain/model.ts';
import { undecidableWords } from '../../domain/access/warnings.ts';
import { ask, askAgain, decided, isDecided } from './approvals.ts';
import { becauseAllowed, showWait } from './grantOnceAllowed.ts';
import { failureIn, type PersonRun } from '../run/personRun.ts';
import { records } from '../proxies.ts';
import { newsAt, takeNews } from '../run/run.ts';
import { waitFor } from '../run/waits.ts';
import type { Because } from '../../domain/evidence.ts';

/** What is done to the account itself only once somebody has allowed it. */
interface Act {
  /** In words, for who decides. */
  readonly act: string;
  /** Takes news in place while it waits. */
  readonly takesNews?: boolean;
}

type ActEnd<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly why: string };

/** Asks, waits, and acts. The event is read when it is allowed: a newer one may have taken its place by then. */
export async function onceAllowed<T>(
  run: PersonRun,
  { act, takesNews = false }: Act,
  write: (becauseOf: (event: HrEvent) => Because) => Promise<T>,
): Promise<ActEnd<T>> {
  const request = await records.requestForAct(run.personId, act, run.attributes?.manager);
  const { approvalId } = request;
  if (isUndecidable(request)) {
    return { done: false, why: undecidableWords };
  }
  await ask(run, [request]);
  for (;;) {
    await showWait(run);
    const state = takesNews ? await decidedInPlace(run, approvalId) : await decided(run, approvalId);
    const approval = run.approvals.find((one) => one.approvalId === approvalId);
    if (approval === undefined || state !== 'approved') return { done: false, why: `the approval was ${words[state]}` };
    try {
      return { done: true, value: await write((event) => becauseAllowed(run, event, approval)) };
    } catch (error) {
      const lapsed = lapsedIn(error);
      if (lapsed === undefined) throw error;
      await askAgain(run, approvalId, lapsed);
    }
  }
}

const words = {
  open: 'not decided',
  approved: 'given',
  rejected: 'rejected',
  timedOut: 'not given in time',
  withdrawn: 'withdrawn',
} as const satisfies Record<ApprovalState, string>;

/** A joiner with another date or a mover changes what is wanted, not what is asked. */
async function decidedInPlace(run: PersonRun, approvalId: string): Promise<ApprovalState> {
  for (;;) {
    const [waiting, event] = [run.waiting, run.event];
    await waitFor(() => isDecided(run, approvalId) || run.waiting !== waiting || run.event !== event, {
      at: newsAt(run),
      summary: 'until the newer event is due',
    });
    if (isDecided(run, approvalId)) return decided(run, approvalId);
    if (takeNews(run)) run.note('changed in place by a newer event');
  }
}

export const needsApproval = (error: unknown): boolean => failureIn(error)?.type === approvalNeeded;

function lapsedIn(error: unknown): readonly LapsedDecision[] | undefined {
  const failure = failureIn(error);
  if (failure?.type !== decisionsLapsed) return undefined;
  const [lapsed] = (failure.details ?? []) as (readonly LapsedDecision[])[];
  return lapsed ?? [];
}
