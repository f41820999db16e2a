import { wasCancelled } from '../run/cancellation.ts';
import type {
  Account,
  HrEvent,
  Outcome,
  PartResult,
  PersonAttributes,
  ResolvedEntitlement,
} from '../../domain/model.ts';
import { dueAt, isHire } from '../../domain/mailbox.ts';
import {
  namedEntitlements,
  pickResolved,
  planAccess,
  requestsToAsk,
  type AccessPlan,
  type ResolvedAccess,
} from '../../domain/access/plan.ts';
import { excessWords, renamed, undoneByLogin, undoneWords } from '../../domain/access/warnings.ts';
import { askFor } from './approvals.ts';
import { askForPrivileged, grantWhenAllowed } from './grantOnceAllowed.ts';
import type { PersonRun } from '../run/personRun.ts';
import { datadog, records } from '../proxies.ts';
import { alongside, waitFor } from '../run/waits.ts';
import { becauseOf, grantAll, optional, revokeAll } from './grants.ts';

export async function resolveAccess(run: PersonRun, attributes: PersonAttributes): Promise<ResolvedAccess> {
  const desired = await records.decideAccess(run.personId, attributes);
  const named = namedEntitlements(desired);
  run.desired = named;
  const roles = named.filter(({ kind }) => kind === 'role');
  const teams = named.filter(({ kind }) => kind === 'team');
  const [resolvedRoles, resolvedTeams] = await Promise.all([
    roles.length === 0 ? [] : run.allowed(() => datadog.resolveEntitlements(roles)),
    teams.length === 0 ? [] : optional(run, 'teams', () => datadog.resolveEntitlements(teams)),
  ]);
  for (const note of renamed([...resolvedRoles, ...(resolvedTeams ?? [])])) run.note(note);
  const privileged = resolvedRoles.filter(({ isPrivileged }) => isPrivileged).map(({ name }) => name);
  const guarded =
    privileged.length === 0
      ? desired
      : await records.askForPrivileged(run.personId, desired, privileged, attributes.manager);
  return { desired: guarded, resolved: [...resolvedRoles, ...(resolvedTeams ?? [])] };
}

/** Opens the approvals for what the person does not hold already, as far as the account itself tells. */
export async function askForApprovals(run: PersonRun, access: ResolvedAccess, account?: Account): Promise<void> {
  const held = account?.status === 'active' ? account.roleIds : [];
  await askFor(
    run,
    requestsToAsk(access, ({ kind, id }) => kind === 'role' && held.includes(id)),
  );
}

/**
 * Brings what the account holds in line with what is wanted: additions first, then removals of what Muster gave and is no
 * longer wanted. What awaits an approval follows when it is given.
 */
export async function bringInLine(
  run: PersonRun,
  event: HrEvent,
  access: ResolvedAccess,
  account: Account,
): Promise<void> {
  const holdings = await run.allowed(() => datadog.readHoldings(run.personId, account.id, { withMappings: true }));
  if (holdings === undefined) {
    run.finishPart('read access', 'failed', `account ${account.id} is gone`);
    return;
  }
  run.account = holdings.access.account;
  const { resolved } = access;
  const plan = planAccess(access, { actual: holdings.access, managed: holdings.managed });
  reportLeftAlone(run, plan);
  // What is held by now is not asked any more.
  await askFor(run, plan.ask);
  const awaited = plan.ask.flatMap(({ entitlements }) => pickResolved(entitlements, resolved));
  const undoneByLogin = warnOfMappings(run, [...plan.add, ...awaited], holdings.mappedRoleIds);
  const withheld = await grantAll(run, account.id, plan.add, { ...becauseOf(run, event), undoneByLogin });
  const asked = await askForPrivileged(run, withheld);
  await revokeAll(run, event, account.id, plan.remove);
  const approvalIds = [...plan.ask.map(({ approvalId }) => approvalId), ...asked];
  if (approvalIds.length > 0) await grantWhenAllowed(run, { event, accountId: account.id, resolved }, approvalIds);
  await revokeAll(run, event, account.id, plan.removeLater);
}

/** What stays although it is not wanted, and what is wanted and not given. */
function reportLeftAlone(run: PersonRun, plan: Pick<AccessPlan, 'excess' | 'withheld'>): void {
  for (const { kind, name } of plan.excess) {
    run.finishPart(`${kind} ${name}`, 'notDone', excessWords, { isExcess: true });
  }
  for (const { entitlement, why } of plan.withheld) {
    run.finishPart(`assign ${entitlement.kind} ${entitlement.name}`, 'notDone', why);
  }
}

/**
 * What the parts add up to. What was rejected or timed out was decided, and what the key may not do is made up for
 * without anybody: both are complete. What failed is not.
 */
export function outcomeOf(parts: readonly PartResult[]): Outcome {
  const open = parts.filter(
    ({ result, permission, isExcess = false }) =>
      result === 'failed' || (result === 'notDone' && permission === undefined && !isExcess),
  );
  if (open.length > 0) {
    const words = open.map(({ part, detail }) => (detail === undefined ? part : `${part} (${detail})`));
    return { kind: 'partiallyCompleted', detail: `not done: ${words.join('; ')}`, parts };
  }
  const withheld = parts.flatMap(({ part, permission }) =>
    permission === undefined ? [] : [`${part} until the application key has ${permission}`],
  );
  return { kind: 'completed', ...(withheld.length === 0 ? {} : { detail: `left out: ${withheld.join('; ')}` }), parts };
}

/** Said before it is assigned; answers the ids of such roles. */
function warnOfMappings(
  run: PersonRun,
  wanted: readonly ResolvedEntitlement[],
  mapped?: readonly string[],
): readonly string[] {
  const undone = undoneByLogin(wanted, mapped);
  for (const { name } of undone) run.note(undoneWords(name));
  return undone.map(({ id }) => id);
}

/** A newer event that is due ends the wait for approvals: its own process asks again for what is still wanted. */
export async function untilSomethingNewer(run: PersonRun, change: () => Promise<unknown>): Promise<void> {
  let isReplaced = false;
  const watch = async (endMain: () => void): Promise<void> => {
    for (;;) {
      // A leaver has its own way of ending a process.
      const facts = run.waiting.filter((event) => isHire(event) || event.kind === 'mover');
      const at = Math.min(...facts.map((one) => dueAt(one, run.processTimes)));
      if (at <= Date.now()) break;
      const seen = run.waiting;
      await waitFor(() => run.waiting !== seen, { at, summary: 'until the newer event is due' });
    }
    isReplaced = true;
    endMain();
  };
  try {
    await alongside(watch, change);
  } catch (error) {
    if (!isReplaced || !wasCancelled(error)) throw error;
    run.note('a newer event takes over what awaits approval');
  }
}
