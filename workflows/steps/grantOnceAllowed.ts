import { isUndecidable } from '../../domain/approvals.ts';
import type { ApprovalView } from '../../domain/contracts.ts';
import type { ApprovalRequest, Entitlement, HrEvent, ResolvedEntitlement } from '../../domain/model.ts';
import { pickResolved } from '../../domain/access/plan.ts';
import { undecidableWords } from '../../domain/access/warnings.ts';
import { ask, askAgain, decided } from './approvals.ts';
import type { PersonRun } from '../run/personRun.ts';
import { records } from '../proxies.ts';
import { becauseOf, grantAll, type Withheld } from './grants.ts';
import type { Because } from '../../domain/evidence.ts';

/** To whom what is given, and because of what. */
interface GrantWork {
  readonly event: HrEvent;
  readonly accountId: string;
  readonly resolved: readonly ResolvedEntitlement[];
}

/** Each request by itself: one that is rejected does not hold up the others. */
export async function grantWhenAllowed(run: PersonRun, work: GrantWork, approvalIds: readonly string[]): Promise<void> {
  await showWait(run);
  await Promise.all(approvalIds.map((approvalId) => grantOne(run, work, approvalId)));
}

export async function showWait(run: PersonRun): Promise<void> {
  const open = run.approvals.filter(({ state }) => state === 'open');
  if (open.length === 0) return;
  const until = Math.min(...open.map(({ deadline }) => Date.parse(deadline)));
  await run.enter('waitingForApproval', `${open.length} approval(s)`, until);
}

/** What was withheld at the last moment is asked for again, and given once it is allowed as it is now. */
async function grantOne(run: PersonRun, work: GrantWork, approvalId: string): Promise<void> {
  const state = await decided(run, approvalId);
  const approval = run.approvals.find((one) => one.approvalId === approvalId);
  const wanted = pickResolved(approval?.entitlements ?? [], work.resolved);
  if (approval === undefined || state !== 'approved') {
    const result = state === 'timedOut' || state === 'rejected' ? state : 'notDone';
    for (const { kind, name } of wanted) run.finishPart(`assign ${kind} ${name}`, result);
    return;
  }
  const withheld = await grantAll(run, work.accountId, wanted, becauseAllowed(run, work.event, approval));
  if (withheld.length === 0) return;
  const again = await askForPrivileged(run, withheld, approval);
  const lapsed = withheld.flatMap(({ granted }) => (granted.because === 'lapsed' ? granted.lapsed : []));
  if (lapsed.length > 0) await askAgain(run, approvalId, lapsed);
  await showWait(run);
  const left = withheld.filter(({ granted }) => granted.because === 'lapsed').map(({ entitlement }) => entitlement);
  await Promise.all([
    ...again.map((id) => grantOne(run, work, id)),
    ...(left.length === 0 ? [] : [grantOne(run, { ...work, resolved: left }, approvalId)]),
  ]);
}

export function becauseAllowed(run: PersonRun, event: HrEvent, approval: ApprovalView): Because {
  const { approvalId, approvers, decisions, privileged = [] } = approval;
  const allowing = decisions.filter(({ verdict }) => verdict === 'approve');
  return {
    ...becauseOf(run, event, `approval ${approvalId}`),
    actor: allowing.map(({ actor }) => actor).join(', '),
    approval: {
      approvalId,
      quorum: approvers.quorum,
      decisionIds: allowing.map(({ decisionId }) => decisionId),
      privileged,
    },
  };
}

/**
 * Asks for the roles that turned out to be privileged when they were to be assigned: of who allowed the rest, or, where
 * nobody had to, of the policy's `approvals.default`. Answers the ids of the new requests.
 */
export async function askForPrivileged(
  run: PersonRun,
  withheld: readonly Withheld[],
  approval?: ApprovalView,
): Promise<readonly string[]> {
  const privileged = withheld.flatMap(({ entitlement, granted }) => {
    if (granted.because !== 'privileged') return [];
    run.refuse(`assign ${entitlement.kind} ${entitlement.name}`, granted.why);
    return [{ kind: entitlement.kind, name: entitlement.name }];
  });
  if (privileged.length === 0) return [];
  const { requests } = await records.askForPrivileged(
    run.personId,
    {
      entitlements: approval === undefined ? privileged : [],
      requests: approval === undefined ? [] : [requestOf(approval, privileged)],
    },
    privileged.map(({ name }) => name),
    run.attributes?.manager,
  );
  leaveOut(run, requests);
  const decidable = requests.filter((request) => !isUndecidable(request));
  await ask(run, decidable);
  return decidable.map(({ approvalId }) => approvalId);
}

const requestOf = (
  { approvalId, rules, approvers, managerIds }: ApprovalView,
  entitlements: readonly Entitlement[],
): ApprovalRequest => ({ approvalId, entitlements, rules, approvers, managerIds });

/** A privileged role that nobody may allow is not assigned. */
function leaveOut(run: PersonRun, requests: readonly ApprovalRequest[]): void {
  const why = `privileged, and ${undecidableWords}`;
  for (const { kind, name } of requests.filter(isUndecidable).flatMap(({ entitlements }) => entitlements)) {
    run.finishPart(`assign ${kind} ${name}`, 'notDone', why);
  }
}
