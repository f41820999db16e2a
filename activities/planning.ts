import { differingAttributes } from '../workflows/core/attributes.ts';
import type { Admittance } from '../workflows/core/brakes.ts';
import { nothingIntended, type Intent } from '../workflows/core/intent.ts';
import type {
  Access,
  Account,
  Entitlement,
  HrEvent,
  PersonAttributes,
  ProcessType,
  ResolvedEntitlement,
} from '../workflows/core/model.ts';
import { entitlementKey, heldEntitlements, pickResolved, planAccess } from '../workflows/core/plan.ts';
import { birthrightAccess, type Policy } from '../workflows/core/policy.ts';
import { isPrivileged } from '../workflows/core/privileged.ts';
import { findAccessBefore } from './accessBefore.ts';
import type { Datadog } from './datadog/types.ts';
import type { Leaver } from './inventory/brakeTypes.ts';
import type { Inventory } from './inventory/types.ts';
import { holdsRole } from './protection.ts';

/** What is asked to know what an event would come to: reading calls only. */
export interface Ground {
  readonly api: Datadog;
  /** Absent where Muster has never run. */
  readonly inventory: Inventory | undefined;
  readonly policy: Policy;
  /** Whether the change budget would let the leaver go. */
  readonly admits: (leaver: Leaver) => Promise<Admittance | undefined>;
}

export interface Question {
  readonly event: HrEvent;
  readonly process: ProcessType;
  /** As HR says after the event. */
  readonly person: PersonAttributes | undefined;
  /** Whose they are is settled. */
  readonly accountId: string | undefined;
}

export async function planEvent(ground: Ground, question: Question): Promise<Intent> {
  const { process, accountId } = question;
  const access = accountId === undefined ? undefined : await ground.api.getAccess(accountId);
  const about = access && { accountId: access.account.id, status: access.account.status };
  const hidden = access?.teamsNotVisible === undefined ? [] : [access.teamsNotVisible];
  const base = { ...nothingIntended, account: 'found', ...about, notVisible: hidden } as const;
  if (process === 'offboarding') {
    return access === undefined
      ? { ...base, account: 'none' }
      : { ...base, ...(await planLeaving(ground, question, access)) };
  }
  if (process === 'roleChange' && access === undefined) return { ...base, account: 'none' };
  // A Pending account stays without roles, and a disabled one is not Muster's to revive on a move.
  if (process === 'roleChange' && access?.account.status === 'disabled') return base;
  if (process === 'roleChange' && access?.account.status === 'pending') {
    return { ...base, ...(await planAttributes(ground, question, access.account)) };
  }
  const { granted, onApproval, notVisible } = await wantedAccess(ground, question);
  const wanted = { ...base, notVisible: [...new Set([...hidden, ...notVisible])] };
  const isAwaited = ground.policy.activation === 'jit' && (access === undefined || access.account.status === 'pending');
  if (access === undefined) {
    const gets = { adds: granted, approvalsNeeded: onApproval };
    return { ...wanted, ...gets, account: isAwaited ? 'madeAtFirstLogin' : 'wouldBeCreated', wouldInvite: !isAwaited };
  }
  const { status } = access.account;
  if (status === 'disabled') {
    const changes = await planAttributes(ground, question, { ...access.account, roleIds: [] });
    const isOurs = await wasDisabledByMuster(ground, question, access.account);
    return {
      ...wanted,
      ...(isOurs
        ? { acts: ['enable account', ...changes.acts] }
        : { acts: changes.acts, actsOnceAllowed: ['enable account, which somebody else has disabled'] }),
      // What it holds still would come back with it, so it goes first.
      removes: heldEntitlements(access),
      adds: granted,
      approvalsNeeded: onApproval,
    };
  }
  const managed = await managedBy(ground, question);
  const { add, remove, removeLater, excess } = planAccess({
    wanted: granted,
    awaited: onApproval,
    actual: access,
    managed,
  });
  const held = new Set(heldEntitlements(access).map(entitlementKey));
  return {
    ...wanted,
    ...(await planAttributes(ground, question, access.account)),
    ...(isAwaited ? { account: 'madeAtFirstLogin' } : { wouldInvite: status === 'pending' }),
    adds: add,
    removes: [...remove, ...removeLater],
    excess,
    approvalsNeeded: onApproval.filter((one) => !held.has(entitlementKey(one))),
  };
}

async function planLeaving(
  { admits }: Ground,
  { event: { eventId, personId } }: Question,
  access: Access,
): Promise<Partial<Intent>> {
  const removes = heldEntitlements(access);
  const { status } = access.account;
  if (status === 'disabled') return { removes };
  const budget = await admits({ eventId, personId, at: new Date().toISOString() });
  return {
    ...(budget?.state === 'held' ? { heldAbove: budget.limit } : {}),
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

interface Wanted {
  /** Without a question. */
  readonly granted: readonly ResolvedEntitlement[];
  /** Once it was allowed: a privileged role takes that whatever its rule says. */
  readonly onApproval: readonly ResolvedEntitlement[];
  readonly notVisible: readonly string[];
}

async function wantedAccess(ground: Ground, { event, person }: Question): Promise<Wanted> {
  const { api, inventory, policy } = ground;
  if (event.restore === true) return recordedAccess(ground, event.personId);
  const access = person && birthrightAccess(policy, person);
  const freely = access?.granted ?? [];
  const asked = (access?.onApproval ?? []).flatMap(({ entitlements }) => entitlements);
  const named: readonly Entitlement[] = [...freely, ...asked].map(({ kind, name }) => ({ kind, name }));
  const isVisible = !named.some(({ kind }) => kind === 'team') || (await api.probe('teams_read')) !== 'no';
  const visible = named.filter(({ kind }) => kind === 'role' || isVisible);
  const resolved = await api.resolve(visible, await inventory?.knownEntitlementIds(visible));
  const granted = pickResolved(freely, resolved);
  return {
    granted: granted.filter((one) => one.isPrivileged !== true),
    onApproval: [...granted.filter((one) => one.isPrivileged === true), ...pickResolved(asked, resolved)],
    notVisible: isVisible ? [] : ['teams_read'],
  };
}

/** After `person restore`: exactly what was recorded. */
async function recordedAccess({ api, inventory }: Ground, personId: string): Promise<Wanted> {
  const before = inventory && (await findAccessBefore(inventory, personId));
  const held = before === undefined ? [] : heldEntitlements(before.access);
  const judged = await Promise.all(
    held.map(async (one) => ({ one, isAsked: one.kind === 'role' && isPrivileged(await api.rolePermissions(one.id)) })),
  );
  const those = (wanted: boolean) => judged.filter(({ isAsked }) => isAsked === wanted).map(({ one }) => one);
  return { granted: those(false), onApproval: those(true), notVisible: [] };
}

async function wasDisabledByMuster({ inventory }: Ground, { event }: Question, { id }: Account): Promise<boolean> {
  const record = await inventory?.findPerson(event.personId);
  if (inventory === undefined || record?.employment !== 'left') return false;
  return (await findAccessBefore(inventory, event.personId))?.accountId === id;
}

async function managedBy({ inventory }: Ground, { event: { personId } }: Question): Promise<readonly string[]> {
  const grants = await inventory?.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
  return (grants ?? []).filter(({ reason }) => reason !== 'preexisting').map(entitlementKey);
}
