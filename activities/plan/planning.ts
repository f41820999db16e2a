import { differingAttributes } from '../../domain/access/attributes.ts';
import { nothingIntended, type Intent } from '../../domain/access/intent.ts';
import type { Access, Account } from '../../domain/model.ts';
import { entitlementKey, heldEntitlements, planAccess } from '../../domain/access/plan.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import { undoneByLogin, undoneWords } from '../../domain/access/warnings.ts';
import { findAccessBefore } from '../person/accessBefore.ts';
import { managedOn } from '../person/holdings.ts';
import { rolesOfMappings } from '../person/loginMappings.ts';
import { holdsRole, protectionOf } from '../person/protection.ts';
import { wantedAccess } from './wanted.ts';
import type { PlanContext, PlanRequest } from './request.ts';

export async function planEvent(context: PlanContext, request: PlanRequest): Promise<Intent> {
  const { process, accountId } = request;
  const access = accountId === undefined ? undefined : await context.api.getAccess(accountId);
  const found = access && { accountId: access.account.id, status: access.account.status };
  const notVisible = access?.teamsNotVisible === undefined ? [] : [access.teamsNotVisible];
  const base = { ...nothingIntended, account: access === undefined ? 'none' : 'found', ...found, notVisible } as const;
  if (process === 'onboarding') return planGranting(context, request, { base, access });
  if (access === undefined) return base;
  if (process === 'offboarding') return { ...base, ...(await planLeaving(context, request, access)) };
  // A Pending account stays without roles, and a disabled one is not Muster's to revive on a move.
  if (access.account.status === 'active') return planGranting(context, request, { base, access });
  return access.account.status === 'disabled'
    ? base
    : { ...base, ...(await planAttributes(context, request, access.account)) };
}

interface Found {
  readonly base: Intent;
  readonly access: Access | undefined;
}

async function planGranting(context: PlanContext, request: PlanRequest, { base, access }: Found): Promise<Intent> {
  const { granted, onApproval, ...said } = await wantedAccess(context, request);
  const status = access?.account.status ?? 'pending';
  const isAwaited = context.policy.activation === 'jit' && status === 'pending';
  const intent: Intent = {
    ...base,
    ...(access === undefined ? { account: 'wouldBeCreated' } : {}),
    ...(isAwaited ? { account: 'madeAtFirstLogin' } : { wouldInvite: status === 'pending' }),
    notVisible: [...new Set([...base.notVisible, ...said.notVisible])],
    warnings: said.warnings,
    adds: granted,
    approvalsNeeded: onApproval,
  };
  if (access === undefined) return withLogins(context, intent);
  if (status === 'disabled') {
    return withLogins(context, { ...intent, ...(await planEnabling(context, request, access)) });
  }
  const { inventory } = context;
  const { id } = access.account;
  const managed = inventory === undefined ? [] : await managedOn(inventory, request.event.personId, id);
  const plan = planAccess({ wanted: granted, awaited: onApproval, actual: access, managed });
  const held = new Set(heldEntitlements(access).map(entitlementKey));
  return withLogins(context, {
    ...intent,
    ...(await planAttributes(context, request, access.account)),
    adds: plan.add,
    removes: [...plan.remove, ...plan.removeLater],
    excess: plan.excess,
    approvalsNeeded: onApproval.filter((one) => !held.has(entitlementKey(one))),
  });
}

/** What the account holds still would come back with it, so it goes first. */
async function planEnabling(context: PlanContext, request: PlanRequest, access: Access): Promise<Partial<Intent>> {
  const { changes } = await planAttributes(context, request, { ...access.account, roleIds: [] });
  const enabling = (await wasDisabledByMuster(context, request, access.account))
    ? { changes: ['enable account', ...changes] }
    : { changes, changesOnceAllowed: ['enable account, which somebody else has disabled'] };
  return { ...enabling, removes: heldEntitlements(access) };
}

/** With a warning of each role that the next login takes away again. */
async function withLogins({ api }: PlanContext, intent: Intent): Promise<Intent> {
  const given = [...intent.adds, ...intent.approvalsNeeded];
  const mapped = given.some(({ kind }) => kind === 'role') ? await rolesOfMappings(api) : undefined;
  const undone = undoneByLogin(given, mapped).map(({ name }) => undoneWords(name));
  return { ...intent, warnings: [...intent.warnings, ...undone] };
}

async function planLeaving(
  { api, policy, admits }: PlanContext,
  { event: { eventId, personId } }: PlanRequest,
  access: Access,
): Promise<Partial<Intent>> {
  const removes = heldEntitlements(access);
  const { status } = access.account;
  if (status === 'disabled') return { removes };
  const budget = await admits({ eventId, personId, at: new Date().toISOString() });
  const protection = await protectionOf(api, access.account, policy);
  return {
    ...(budget?.state === 'held' ? { heldAbove: budget.limit } : {}),
    ...(protection === undefined ? {} : { protection }),
    changes: [...(status === 'pending' ? ['cancel invitations'] : []), 'disable account'],
    removes,
  };
}

/** The e-mail of who holds a privileged role changes only once that was allowed. */
async function planAttributes(
  { api }: PlanContext,
  { person }: PlanRequest,
  account: Account,
): Promise<Pick<Intent, 'changes' | 'changesOnceAllowed'>> {
  if (person === undefined) return { changes: [], changesOnceAllowed: [] };
  const { email, ...others } = differingAttributes(account, person);
  const changes = Object.entries(others).map(([field, value]) => `update ${field} to ${value}`);
  if (email === undefined) return { changes, changesOnceAllowed: [] };
  const change = `update email to ${email}`;
  return (await holdsRole(api, account, isPrivileged))
    ? { changes, changesOnceAllowed: [change] }
    : { changes: [...changes, change], changesOnceAllowed: [] };
}

async function wasDisabledByMuster(
  { inventory }: PlanContext,
  { event }: PlanRequest,
  { id }: Account,
): Promise<boolean> {
  const before = inventory && (await findAccessBefore(inventory, event.personId));
  return before?.accountId === id;
}
