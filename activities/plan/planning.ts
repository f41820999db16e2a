import { differingAttributes } from '../../domain/access/attributes.ts';
import { nothingIntended, type Intent } from '../../domain/access/intent.ts';
import type { Access, Account } from '../../domain/model.ts';
import { entitlementKey, heldEntitlements, planAccess } from '../../domain/access/plan.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import { undoneByLogin, undoneWords } from '../../domain/access/warnings.ts';
import { findAccessBefore } from '../person/accessBefore.ts';
import { managedOn } from '../person/managed.ts';
import { rolesOfMappings } from '../person/loginMappings.ts';
import { holdsRole, protectionOf } from '../person/protection.ts';
import { wantedAccess } from './wanted.ts';
import type { Ground, Question } from './question.ts';

export async function planEvent(ground: Ground, question: Question): Promise<Intent> {
  const { process, accountId } = question;
  const access = accountId === undefined ? undefined : await ground.api.getAccess(accountId);
  const found = access && { accountId: access.account.id, status: access.account.status };
  const notVisible = access?.teamsNotVisible === undefined ? [] : [access.teamsNotVisible];
  const base = { ...nothingIntended, account: access === undefined ? 'none' : 'found', ...found, notVisible } as const;
  if (process === 'onboarding') return planGiving(ground, question, { base, access });
  if (access === undefined) return base;
  if (process === 'offboarding') return { ...base, ...(await planLeaving(ground, question, access)) };
  // A Pending account stays without roles, and a disabled one is not Muster's to revive on a move.
  if (access.account.status === 'active') return planGiving(ground, question, { base, access });
  return access.account.status === 'disabled'
    ? base
    : { ...base, ...(await planAttributes(ground, question, access.account)) };
}

interface Found {
  readonly base: Intent;
  readonly access: Access | undefined;
}

async function planGiving(ground: Ground, question: Question, { base, access }: Found): Promise<Intent> {
  const { granted, onApproval, ...said } = await wantedAccess(ground, question);
  const status = access?.account.status ?? 'pending';
  const isAwaited = ground.policy.activation === 'jit' && status === 'pending';
  const intent: Intent = {
    ...base,
    ...(access === undefined ? { account: 'wouldBeCreated' } : {}),
    ...(isAwaited ? { account: 'madeAtFirstLogin' } : { wouldInvite: status === 'pending' }),
    notVisible: [...new Set([...base.notVisible, ...said.notVisible])],
    warnings: said.warnings,
    adds: granted,
    approvalsNeeded: onApproval,
  };
  if (access === undefined) return withLogins(ground, intent);
  if (status === 'disabled') {
    return withLogins(ground, { ...intent, ...(await planEnabling(ground, question, access)) });
  }
  const { inventory } = ground;
  const { id } = access.account;
  const managed = inventory === undefined ? [] : await managedOn(inventory, question.event.personId, id);
  const plan = planAccess({ wanted: granted, awaited: onApproval, actual: access, managed });
  const held = new Set(heldEntitlements(access).map(entitlementKey));
  return withLogins(ground, {
    ...intent,
    ...(await planAttributes(ground, question, access.account)),
    adds: plan.add,
    removes: [...plan.remove, ...plan.removeLater],
    excess: plan.excess,
    approvalsNeeded: onApproval.filter((one) => !held.has(entitlementKey(one))),
  });
}

/** What the account holds still would come back with it, so it goes first. */
async function planEnabling(ground: Ground, question: Question, access: Access): Promise<Partial<Intent>> {
  const { acts } = await planAttributes(ground, question, { ...access.account, roleIds: [] });
  const enabling = (await wasDisabledByMuster(ground, question, access.account))
    ? { acts: ['enable account', ...acts] }
    : { acts, actsOnceAllowed: ['enable account, which somebody else has disabled'] };
  return { ...enabling, removes: heldEntitlements(access) };
}

/** With a warning of each role that the next login takes away again. */
async function withLogins({ api }: Ground, intent: Intent): Promise<Intent> {
  const given = [...intent.adds, ...intent.approvalsNeeded];
  const mapped = given.some(({ kind }) => kind === 'role') ? await rolesOfMappings(api) : undefined;
  const undone = undoneByLogin(given, mapped).map(({ name }) => undoneWords(name));
  return { ...intent, warnings: [...intent.warnings, ...undone] };
}

async function planLeaving(
  { api, policy, admits }: Ground,
  { event: { eventId, personId } }: Question,
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
    acts: [...(status === 'pending' ? ['cancel invitations'] : []), 'disable account'],
    removes,
  };
}

/** The e-mail of who holds a privileged role changes only once that was allowed. */
async function planAttributes(
  { api }: Ground,
  { person }: Question,
  account: Account,
): Promise<Pick<Intent, 'acts' | 'actsOnceAllowed'>> {
  if (person === undefined) return { acts: [], actsOnceAllowed: [] };
  const { email, ...others } = differingAttributes(account, person);
  const acts = Object.entries(others).map(([field, value]) => `update ${field} to ${value}`);
  if (email === undefined) return { acts, actsOnceAllowed: [] };
  const change = `update email to ${email}`;
  return (await holdsRole(api, account, isPrivileged))
    ? { acts, actsOnceAllowed: [change] }
    : { acts: [...acts, change], actsOnceAllowed: [] };
}

async function wasDisabledByMuster({ inventory }: Ground, { event }: Question, { id }: Account): Promise<boolean> {
  const before = inventory && (await findAccessBefore(inventory, event.personId));
  return before?.accountId === id;
}
