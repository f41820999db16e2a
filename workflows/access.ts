import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { Because } from '../activities/person.ts';
import type {
  Account,
  ApprovalRequest,
  DesiredAccess,
  HrEvent,
  Outcome,
  PartResult,
  PersonAttributes,
  ResolvedEntitlement,
} from './core/model.ts';
import { dueAt, isHire } from './core/mailbox.ts';
import { entitlementKey, heldEntitlements, namedEntitlements, pickResolved, planAccess } from './core/plan.ts';
import { askFor, decided } from './approvalWaits.ts';
import { ignoreCancellation, refuseToGoOn, wordsOf, type PersonRun } from './personRun.ts';
import { datadog, records } from './proxies.ts';

/** What is wanted for this run's person, with every name resolved: found out before anything is written. */
export interface ResolvedAccess {
  readonly desired: DesiredAccess;
  readonly resolved: readonly ResolvedEntitlement[];
}

export function becauseOf(run: PersonRun, event: HrEvent, reason: string = event.kind): Because {
  return { personId: run.personId, eventId: event.eventId, reason, actor: event.source };
}

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
  return { desired, resolved: [...resolvedRoles, ...(resolvedTeams ?? [])] };
}

/** Opens the approvals for what the person does not hold already. */
export async function askForApprovals(
  run: PersonRun,
  { desired, resolved }: ResolvedAccess,
  account?: Account,
): Promise<void> {
  const held = new Set(account?.status === 'active' ? account.roleIds : []);
  const isHeld = (request: ApprovalRequest) => {
    const wanted = pickResolved(request.entitlements, resolved);
    return wanted.length > 0 && wanted.every(({ kind, id }) => kind === 'role' && held.has(id));
  };
  await askFor(
    run,
    desired.requests.filter((request) => !isHeld(request)),
  );
}

/**
 * Brings what the account holds in line with what is wanted: additions first, then removals of what Muster gave and is no
 * longer wanted. What awaits an approval follows when it is given; answers whether all of it was decided.
 */
export async function bringInLine(
  run: PersonRun,
  event: HrEvent,
  access: ResolvedAccess,
  account: Account,
): Promise<void> {
  const holdings = await run.allowed(() => datadog.readHoldings(run.personId, account.id));
  if (holdings === undefined) {
    run.finishPart('read access', 'failed', `account ${account.id} is gone`);
    return;
  }
  run.account = holdings.access.account;
  const { desired, resolved } = access;
  const waitsFor = (request: ApprovalRequest) =>
    run.approvals.some(({ approvalId }) => approvalId === request.approvalId);
  const held = new Set(heldEntitlements(holdings.access).map(entitlementKey));
  const awaited = desired.requests.filter(waitsFor).flatMap(({ entitlements }) => pickResolved(entitlements, resolved));
  const keep = desired.requests
    .filter((request) => !waitsFor(request))
    .flatMap(({ entitlements }) => pickResolved(entitlements, resolved))
    .filter((entitlement) => held.has(entitlementKey(entitlement)));
  const plan = planAccess({
    wanted: [...pickResolved(desired.entitlements, resolved), ...keep],
    awaited,
    actual: holdings.access,
    managed: holdings.managed,
  });
  for (const { kind, name } of plan.excess)
    run.finishPart(`${kind} ${name}`, 'notDone', 'excess: held, not wanted, not given by Muster');
  await grantAll(run, event, account.id, plan.add);
  await revokeAll(run, event, account.id, plan.remove);
  if (desired.requests.some(waitsFor)) await giveWhenAllowed(run, event, access, account.id);
  await revokeAll(run, event, account.id, plan.removeLater);
}

/** Each request by itself: one that is rejected does not hold up the others. */
async function giveWhenAllowed(
  run: PersonRun,
  event: HrEvent,
  access: ResolvedAccess,
  accountId: string,
): Promise<void> {
  const open = run.approvals.filter(({ state }) => state === 'open');
  if (open.length > 0) {
    const until = Math.min(...open.map(({ deadline }) => Date.parse(deadline)));
    await run.enter('waitingForApproval', `${open.length} approval(s)`, until);
  }
  await Promise.all(
    run.approvals.map(async ({ approvalId, entitlements }) => {
      const state = await decided(run, approvalId);
      const wanted = pickResolved(entitlements, access.resolved);
      if (state === 'approved') {
        const approval = run.approvals.find((one) => one.approvalId === approvalId);
        const actor = approval?.decisions.map((decision) => decision.actor).join(', ') ?? '';
        await grantAll(run, event, accountId, wanted, { approvalId, actor });
      } else {
        const result = state === 'timedOut' ? 'timedOut' : state === 'rejected' ? 'rejected' : 'notDone';
        for (const { kind, name } of wanted) run.finishPart(`assign ${kind} ${name}`, result);
      }
    }),
  );
}

async function grantAll(
  run: PersonRun,
  event: HrEvent,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
  approval?: { approvalId: string; actor: string },
): Promise<void> {
  const because: Because = approval
    ? { ...becauseOf(run, event, `approval ${approval.approvalId}`), ...approval }
    : becauseOf(run, event);
  // Roles first: a team may give nothing to somebody without a role.
  for (const kind of ['role', 'team'] as const) {
    await Promise.all(
      entitlements
        .filter((entitlement) => entitlement.kind === kind)
        .map((entitlement) =>
          part(run, `assign ${kind} ${entitlement.name}`, kind, (summary) =>
            datadog.grant.executeWithOptions({ summary }, [accountId, entitlement, because]),
          ),
        ),
    );
  }
}

export async function revokeAll(
  run: PersonRun,
  event: HrEvent,
  accountId: string,
  entitlements: readonly ResolvedEntitlement[],
): Promise<void> {
  await Promise.all(
    entitlements.map((entitlement) =>
      part(run, `remove ${entitlement.kind} ${entitlement.name}`, entitlement.kind, (summary) =>
        datadog.revoke.executeWithOptions({ summary }, [accountId, entitlement, becauseOf(run, event)]),
      ),
    ),
  );
}

/**
 * One part of a process, named in its activity's summary: its failure leaves the rest done. A process cannot do without
 * roles, but without teams it can.
 */
async function part(
  run: PersonRun,
  name: string,
  kind: 'role' | 'team',
  write: (summary: string) => Promise<void>,
): Promise<void> {
  try {
    const isDone =
      kind === 'team'
        ? await optional(run, name, async () => (await write(name), true))
        : await run.allowed(() => write(name));
    if (kind === 'role' || isDone === true) run.finishPart(name, 'done');
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    run.finishPart(name, 'failed', wordsOf(error));
  }
}

/** What a process can do without: a key that may not do it leaves the part undone, and says which permission it takes. */
export async function optional<T>(run: PersonRun, what: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    refuseToGoOn();
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure) || cause.type !== 'NotAuthorized') throw error;
    run.finishPart(what, 'notDone', wordsOf(error as ActivityFailure));
    return undefined;
  }
}

/** What the parts add up to. What was rejected or timed out was decided, and is complete; what failed is not. */
export function outcomeOf(parts: readonly PartResult[]): Outcome {
  const open = parts.filter(
    ({ result, detail }) => result === 'failed' || (result === 'notDone' && !detail?.startsWith('excess')),
  );
  if (open.length > 0) {
    return { kind: 'partiallyCompleted', detail: `${open.map((one) => one.part).join('; ')}: not done`, parts };
  }
  return { kind: 'completed', parts };
}

/** A newer event that is due ends the wait for approvals: its own process asks again for what is still wanted. */
export async function untilSomethingNewer(run: PersonRun, change: () => Promise<void>): Promise<void> {
  const scope = new CancellationScope();
  const watch = new CancellationScope();
  let isReplaced = false;
  const watching = watch
    .run(async () => {
      for (;;) {
        // A leaver has its own way of ending a process.
        const facts = run.waiting.filter((event) => isHire(event) || event.kind === 'mover');
        const next = Math.min(...facts.map((one) => dueAt(one, run.processTimes)));
        if (next <= Date.now()) {
          isReplaced = true;
          scope.cancel();
          return;
        }
        const seen = run.waiting;
        const hasChanged = () => run.waiting !== seen;
        if (Number.isFinite(next)) await condition(hasChanged, next - Date.now());
        else await condition(hasChanged);
      }
    })
    .catch(ignoreCancellation);
  try {
    await scope.run(change);
  } catch (error) {
    if (!isReplaced || !isCancellation(error)) throw error;
    run.note('a newer event takes over what awaits approval');
  } finally {
    watch.cancel();
    await watching;
  }
}
