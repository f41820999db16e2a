import { pickResolved, planAccess, type AccessPlan } from '../../domain/access/plan.ts';
import { excessWords, undoneByLogin, undoneWords } from '../../domain/access/warnings.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { ResolvedEntitlement } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { throwUnlessFailed, wasCancelled } from '../run/cancellation.ts';
import { wordsOf } from '../run/failures.ts';
import { becauseOf, type PersonRun, type Uses } from '../run/personRun.ts';
import { alongside, together, waitFor } from '../run/waits.ts';
import { onceApproved } from './onceApproved.ts';
import { assignOnceApproved, requestPrivileged } from './approvedAssignments.ts';
import type { Assignment } from './assignment.ts';
import { assignAll, removeAll } from './entitlements.ts';

/**
 * Assigns what is wanted and not held, at once or once it is approved, and removes what Muster assigned and is no longer
 * wanted. A newer event that is due ends the wait for approvals: its own process requests what is still wanted.
 */
export async function grantAccess(run: PersonRun, assignment: Assignment): Promise<void> {
  let isReplaced = false;
  try {
    await alongside(
      async (endMain) => {
        await untilNewerEvent(run);
        isReplaced = true;
        endMain();
      },
      () => together([() => bringInLine(run, assignment), () => changeEmailOnceApproved(run, assignment)]),
    );
  } catch (error) {
    if (!isReplaced || !wasCancelled(error)) throw error;
    run.process.note('a newer event takes over what awaits approval');
  }
}

async function untilNewerEvent({ mailbox }: Uses<'mailbox'>): Promise<void> {
  for (;;) {
    // A leaver has its own way of ending a process.
    const changes = mailbox.waiting.filter((event) => isHire(event) || event.kind === 'mover');
    const at = Math.min(...changes.map((event) => mailbox.dueAt(event)));
    if (at <= Date.now()) return;
    await waitFor(mailbox.watch(), { at, summary: 'until the newer event is due' });
  }
}

/** Additions first, then removals. What awaits an approval follows when it is decided. */
async function bringInLine(run: PersonRun, { access, account }: Assignment): Promise<void> {
  const { process, approvals, blockers } = run;
  const because = becauseOf(run);
  const holdings = await blockers.allowed(() => datadog.readHoldings(because, account.id, { withMappings: true }));
  if (holdings === undefined) {
    process.finishPart('read access', 'failed', { detail: `account ${account.id} is gone` });
    return;
  }
  process.useAccount(holdings.access.account);
  const plan = planAccess(access, { actual: holdings.access, managed: holdings.managed });
  reportLeftAlone(run, plan);
  // Access that is held by now is no longer requested.
  await approvals.replaceRequests(plan.ask);
  const { resolved } = access;
  const awaited = plan.ask.flatMap(({ entitlements }) => pickResolved(entitlements, resolved));
  const undone = warnOfMappings(run, [...plan.add, ...awaited], holdings.mappedRoleIds);
  const reason = undone.length === 0 ? because : { ...because, undoneByLogin: undone };
  const withheld = await assignAll(run, account.id, plan.add, reason);
  const privileged = await requestPrivileged(run, withheld);
  await removeAll(run, account.id, plan.remove, because);
  const approvalIds = [...plan.ask.map(({ approvalId }) => approvalId), ...privileged];
  if (approvalIds.length > 0) await assignOnceApproved(run, { accountId: account.id, resolved }, approvalIds);
  await removeAll(run, account.id, plan.removeLater, because);
}

/** What stays although it is not wanted, and what is wanted and not assigned. */
function reportLeftAlone({ process }: Uses<'process'>, { excess, withheld }: AccessPlan): void {
  for (const { kind, name } of excess) {
    process.finishPart(`${kind} ${name}`, 'notDone', { detail: excessWords, isExcess: true });
  }
  for (const { entitlement, why } of withheld) {
    process.finishPart(`assign ${entitlement.kind} ${entitlement.name}`, 'notDone', { detail: why });
  }
}

/** Said before it is assigned; returns the ids of such roles. */
function warnOfMappings(
  { process }: Uses<'process'>,
  wanted: readonly ResolvedEntitlement[],
  mapped?: readonly string[],
): readonly string[] {
  const undone = undoneByLogin(wanted, mapped);
  for (const { name } of undone) process.note(undoneWords(name));
  return undone.map(({ id }) => id);
}

/** The e-mail of an account with a privileged role is a way to that role: it changes once somebody has approved it. */
async function changeEmailOnceApproved(
  run: PersonRun,
  { account: { id }, isEmailToApprove }: Assignment,
): Promise<void> {
  if (isEmailToApprove !== true) return;
  const { process, blockers } = run;
  const part = 'update email';
  try {
    const about = { change: 'email', accountId: id } as const;
    const change = await onceApproved(run, { about }, (because) =>
      blockers.allowed(() => datadog.updateAccount(id, ['email'], because)),
    );
    if (change.done) process.useAccount(change.value);
    process.finishPart(part, change.done ? 'done' : 'notDone', change.done ? {} : { detail: change.why });
  } catch (error) {
    throwUnlessFailed(error);
    process.finishPart(part, 'failed', { detail: wordsOf(error) });
  }
}
