import { ApplicationFailure } from '@temporalio/common';
import { correlationConflict } from '../../domain/failures.ts';
import { isSameText } from '../../domain/text.ts';
import { refuseServiceAccount, refuseStranger } from '../person/ownership.ts';
import { isUndecidable } from '../../domain/approvals.ts';
import { differingAttributes } from '../../domain/access/attributes.ts';
import type { Admittance } from '../../domain/access/changeBudget.ts';
import { endByRecord } from '../../domain/access/earlyEnd.ts';
import { entitlementKey, heldEntitlements } from '../../domain/access/plan.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import { planProcess, takenBy, type ProcessPlan, type Situation } from '../../domain/access/processPlan.ts';
import type {
  Account,
  Entitlement,
  HrEvent,
  PersonAttributes,
  PersonRecord,
  ProcessType,
  ResolvedEntitlement,
} from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { DatadogReads } from '../../datadog/types.ts';
import type { AccessBefore, Removal } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { guardPrivileged, requestForChange } from '../../policy/requests.ts';
import { ownDisabling } from '../person/accessBefore.ts';
import { removalBy } from '../person/changeBudget.ts';
import { managedOn } from '../person/holdings.ts';
import { rolesOfMappings } from '../person/loginMappings.ts';
import { holdsRole, protectionOf } from '../person/protection.ts';
import { policyAccess, type NamedAccess } from '../person/wanted.ts';

/** The readings needed to tell what an event would do: no writes. */
interface PlanContext {
  readonly api: DatadogReads;
  /** Absent where Muster has never run. */
  readonly inventory: Inventory | undefined;
  readonly policy: Policy;
  readonly resolve: (entitlements: readonly Entitlement[]) => Promise<readonly ResolvedEntitlement[]>;
  /** Whether the change budget would admit it. */
  readonly admits: (removal: Removal) => Promise<Admittance | undefined>;
}

export interface PlanRequest {
  readonly event: HrEvent;
  readonly process: ProcessType;
  /** HR's word after the event. */
  readonly person: PersonAttributes | undefined;
  /** Whose account it is, is settled. */
  readonly accountId: string | undefined;
  /** The record as it will be by then; without it as it is now. */
  readonly record?: Situation['record'];
}

/** What the event does, and whether the change budget holds what it takes away. */
export async function planEvent(context: PlanContext, request: PlanRequest): Promise<ProcessPlan> {
  const plan = planProcess(await gatherSituation(context, request));
  const takes = takenBy(plan);
  const admittance =
    takes === undefined ? undefined : await context.admits(removalBy(context.policy, request.event, takes));
  return admittance?.state === 'held' ? { ...plan, heldAbove: admittance.above } : plan;
}

/** Gathers what decides what the event does. It is judged by `planProcess`. */
async function gatherSituation(context: PlanContext, request: PlanRequest): Promise<Situation> {
  const { api, inventory, policy } = context;
  const { event, process, person, accountId } = request;
  const { personId } = event;
  const record = request.record ?? knownBy(await inventory?.findPerson(personId));
  const access = accountId === undefined ? undefined : await api.getAccess(accountId);
  const account = access?.account;
  const before = inventory && (await ownDisabling(inventory, personId));
  const isNewEmail = account && person && differingAttributes(account, person).email !== undefined;
  const situation: Situation = {
    process,
    event,
    record,
    person,
    activation: policy.activation,
    access,
    conflict: inventory && account && (await conflictWith(inventory, { event, process, account })),
    managed: inventory && account ? (await managedOn(inventory, personId, account.id)).map(entitlementKey) : [],
    disabledId: before?.accountId,
    holdsPrivilegedRole: isNewEmail === true && (await holdsRole(api, account, isPrivileged)),
    isAskable: !isUndecidable(requestForChange(policy, personId, { change: 'enable', accountId: '' }, person ?? {})),
    notVisible: [],
  };
  if (endByRecord({ process, employment: record.employment, isKnown: person !== undefined }) !== undefined)
    return situation;
  if (process !== 'offboarding') return { ...situation, ...(await gatherWanted(context, request, before)) };
  if (account === undefined || account.status === 'disabled') return situation;
  return { ...situation, protection: await protectionOf({ api, inventory, policy }, account) };
}

const knownBy = (record: PersonRecord | undefined): Situation['record'] => ({
  employment: record?.employment ?? 'unknown',
  accountId: record?.accountId,
  isKnown: record?.attributes !== undefined,
});

/** A write would meet it. A dry run's event is not on record: its e-mail is known all the same. */
async function conflictWith(
  inventory: Inventory,
  { event, process, account }: Pick<PlanRequest, 'event' | 'process'> & { readonly account: Account },
): Promise<string | undefined> {
  const { personId, person } = event;
  if (person?.email !== undefined && isSameText(person.email, account.email) && !account.isServiceAccount)
    return undefined;
  try {
    if (process === 'offboarding') refuseServiceAccount(account);
    else await refuseStranger(inventory, personId, account);
    return undefined;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === correlationConflict) return error.message;
    throw error;
  }
}

/** The access a person should have, as a process looks it up: privileged roles behind an approval, whatever their rule says. */
async function gatherWanted(
  { api, policy, resolve }: PlanContext,
  { event, person }: PlanRequest,
  before: AccessBefore | undefined,
): Promise<Pick<Situation, 'wanted' | 'mappedRoleIds' | 'notVisible'>> {
  const named =
    event.restore === true
      ? await recordedAccess(api, before)
      : await policyAccess(resolve, policy, event.personId, person);
  const { privileged, notVisible, ...access } = named;
  const desired = guardPrivileged(policy, event.personId, access.desired, { privileged, manager: person?.manager });
  const isRoleWanted = access.resolved.some(({ kind }) => kind === 'role');
  return {
    wanted: { desired, resolved: access.resolved },
    mappedRoleIds: isRoleWanted ? await rolesOfMappings(api) : undefined,
    notVisible,
  };
}

/** After `person restore`: exactly what was recorded. */
async function recordedAccess(api: DatadogReads, before: AccessBefore | undefined): Promise<NamedAccess> {
  const resolved = before === undefined ? [] : heldEntitlements(before.access);
  const judged = await Promise.all(
    resolved.map(async ({ kind, id, name }) =>
      kind === 'role' && isPrivileged(await api.rolePermissions(id)) ? [name] : [],
    ),
  );
  const entitlements = resolved.map(({ kind, name }) => ({ kind, name }));
  return { desired: { ...nothing, entitlements }, resolved, privileged: judged.flat(), notVisible: [] };
}

const nothing = { entitlements: [], requests: [] };
