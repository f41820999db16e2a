import { isUndecidable } from '../../domain/approvals.ts';
import { pickResolved } from '../../domain/access/plan.ts';
import { undecidableWords } from '../../domain/access/warnings.ts';
import type { ApprovalView } from '../../domain/contracts.ts';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import { records } from '../proxies.ts';
import { becauseOf, type PersonRun, type Uses } from '../run/personRun.ts';
import { isoOf } from '../run/process.ts';
import { together } from '../run/waits.ts';
import { assignAll, type Withheld } from './entitlements.ts';
import type { RequestView } from '../../domain/decision.ts';

/** Access to assign to an account once it is approved. */
interface ApprovedWork {
  readonly accountId: string;
  readonly resolved: readonly ResolvedEntitlement[];
}

/** Each request by itself: one that is rejected does not hold up the others. */
export async function assignOnceApproved(
  run: PersonRun,
  work: ApprovedWork,
  approvalIds: readonly string[],
): Promise<void> {
  await run.approvals.showWait();
  await together(approvalIds.map((approvalId) => () => assignOne(run, work, approvalId)));
}

/** Access that was withheld at the last moment is requested again, and assigned once it is approved as it is now. */
async function assignOne(run: PersonRun, work: ApprovedWork, approvalId: string): Promise<void> {
  const { process, approvals } = run;
  const state = await approvals.decided(approvalId);
  const approval = approvals.find(approvalId);
  const wanted = pickResolved(approval?.entitlements ?? [], work.resolved);
  if (approval === undefined || state !== 'approved') {
    const result = state === 'timedOut' || state === 'rejected' ? state : 'notDone';
    for (const { kind, name } of wanted) process.finishPart(`assign ${kind} ${name}`, result);
    return;
  }
  const withheld = await assignAll(run, work.accountId, wanted, becauseOf(run, approvalId));
  if (withheld.length === 0) return;
  const again = await requestPrivileged(run, withheld, approval);
  const lapsed = withheld.flatMap(({ granted }) => (granted.because === 'lapsed' ? granted.lapsed : []));
  if (lapsed.length > 0) await approvals.requestAgain(approvalId, lapsed);
  await approvals.showWait();
  const left = withheld.filter(({ granted }) => granted.because === 'lapsed').map(({ entitlement }) => entitlement);
  await together([
    ...again.map((id) => () => assignOne(run, work, id)),
    ...(left.length === 0 ? [] : [() => assignOne(run, { ...work, resolved: left }, approvalId)]),
  ]);
}

/**
 * Requests the roles that turned out to be privileged when they were to be assigned: from the approvers of the rest, or,
 * where there were none, from the policy's `approvals.default`. Returns the ids of the new requests.
 */
export async function requestPrivileged(
  run: Uses<'process' | 'mailbox' | 'approvals'>,
  withheld: readonly Withheld[],
  approval?: ApprovalView,
): Promise<readonly string[]> {
  const { process, approvals } = run;
  const privileged = withheld.flatMap(({ entitlement, granted }) => {
    if (granted.because !== 'privileged') return [];
    process.refuse(`assign ${entitlement.kind} ${entitlement.name}`, granted.why);
    return [{ kind: entitlement.kind, name: entitlement.name }];
  });
  if (privileged.length === 0) return [];
  const desired = {
    entitlements: approval === undefined ? privileged : [],
    requests: approval === undefined ? [] : [{ ...approval, entitlements: privileged, privileged: undefined }],
  };
  const names = privileged.map(({ name }) => name);
  const { requests } = await records.askForPrivileged(becauseOf(run), desired, names, isoOf(Date.now()));
  skipUndecidable(run, requests);
  const decidable = requests.filter((request) => !isUndecidable(request));
  await approvals.request(decidable);
  return decidable.map(({ approvalId }) => approvalId);
}

/** A privileged role that nobody may approve is not assigned. */
function skipUndecidable({ process }: Uses<'process'>, requests: readonly RequestView[]): void {
  const detail = `privileged, and ${undecidableWords}`;
  for (const { kind, name } of requests.filter(isUndecidable).flatMap(({ entitlements }) => entitlements)) {
    process.finishPart(`assign ${kind} ${name}`, 'notDone', { detail });
  }
}
