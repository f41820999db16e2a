import { entitlementKey, pickResolved, planAccess, type AccessPlan } from '../../domain/access/plan.ts';
import { excessWords, undoneByLogin, undoneWords } from '../../domain/access/warnings.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { Because } from '../../domain/evidence.ts';
import type { ResolvedEntitlement, SeenAccount } from '../../domain/model.ts';
import { datadog } from '../proxies.ts';
import { throwUnlessFailed, wasCancelled } from '../run/cancellation.ts';
import { wordsOf } from '../run/failures.ts';
import { becauseOf, type PersonRun, type Uses } from '../run/personRun.ts';
import { alongside, together, waitFor } from '../run/waits.ts';
import { needsApproval, onceApproved } from './onceApproved.ts';
import { assignOnceApproved, requestPrivileged } from './approvedAssignments.ts';
import type { Assignment } from './assignment.ts';
import { rejectedAboveBudget } from './changeBudget.ts';
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
      () => together([() => bringInLine(run, assignment), () => changeEmail(run, assignment)]),
    );
  } catch (error) {
    if (!isReplaced || !wasCancelled(error)) throw error;
    run.process.note('a newer event takes over what waits');
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
  const remove = async (entitlements: readonly ResolvedEntitlement[]) => {
    const [along, others] = partition(entitlements, (one) => holdings.cameWith?.includes(entitlementKey(one)) === true);
    await removeAll(run, account.id, along, because);
    await removeWithinBudget(run, account.id, others);
  };
  const approvalIds = [...plan.ask.map(({ approvalId }) => approvalId), ...privileged];
  await together([
    async () => {
      if (approvalIds.length > 0) await assignOnceApproved(run, { accountId: account.id, resolved }, approvalIds);
    },
    () => remove(plan.remove),
  ]);
  await remove(plan.removeLater);
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

/** Above the change budget it waits for a person, and additions do not. */
async function removeWithinBudget(
  run: PersonRun,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
): Promise<void> {
  if (entitlements.length === 0) return;
  const rejected = await rejectedAboveBudget(run, 'access');
  if (rejected === undefined) return removeAll(run, accountId, entitlements, becauseOf(run));
  for (const { kind, name } of entitlements) {
    run.process.finishPart(`remove ${kind} ${name}`, 'rejected', { detail: rejected });
  }
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

/** A new e-mail that has to wait: above the change budget, or, of an account with a privileged role, for an approval. */
async function changeEmail(run: PersonRun, { account: { id }, emailAwaits }: Assignment): Promise<void> {
  if (emailAwaits === undefined) return;
  try {
    const change = emailAwaits === 'release' ? await emailOnceReleased(run, id) : await emailOnceApproved(run, id);
    if (change.done) run.process.useAccount(change.value);
    run.process.finishPart('update email', change.result, change.done ? {} : { detail: change.why });
  } catch (error) {
    throwUnlessFailed(error);
    run.process.finishPart('update email', 'failed', { detail: wordsOf(error) });
  }
}

type EmailChange =
  | { readonly done: true; readonly result: 'done'; readonly value: SeenAccount }
  | { readonly done: false; readonly result: 'notDone' | 'rejected'; readonly why: string };

/** Whoever has the new address has the account: it changes once somebody has approved it. */
async function emailOnceApproved(run: PersonRun, id: string): Promise<EmailChange> {
  const about = { change: 'email', accountId: id } as const;
  const change = await onceApproved(run, { about }, (because) => updateEmail(run, id, because));
  return change.done ? { ...change, result: 'done' } : { ...change, result: 'notDone' };
}

async function emailOnceReleased(run: PersonRun, id: string): Promise<EmailChange> {
  const why = await rejectedAboveBudget(run, 'email');
  if (why !== undefined) return { done: false, result: 'rejected', why };
  try {
    return { done: true, result: 'done', value: await updateEmail(run, id, becauseOf(run)) };
  } catch (error) {
    // It has got a privileged role meanwhile.
    if (needsApproval(error)) return emailOnceApproved(run, id);
    throw error;
  }
}

const updateEmail = ({ blockers }: PersonRun, id: string, because: Because): Promise<SeenAccount> =>
  blockers.allowed(() => datadog.updateAccount(id, ['email'], because), { isPart: true });
