import { ApplicationFailure } from '@temporalio/common';
import { planEvent } from '../../activities/plan/situation.ts';
import { conflict } from '../../activities/person/ownership.ts';
import { locateAccount, outsideAllowedDomains, refuseExternal } from '../../activities/person/correlation.ts';
import type { DatadogClient, DatadogReads } from '../../datadog/types.ts';
import { changeWords, overBudget } from '../../domain/access/planWords.ts';
import { emptyPlan, type ProcessPlan, type Situation } from '../../domain/access/processPlan.ts';
import { protectionAdvice } from '../../domain/access/protection.ts';
import { correlationConflict } from '../../domain/failures.ts';
import type { Account, Entitlement, HrEvent, PersonAttributes, ResolvedEntitlement } from '../../domain/model.ts';
import { processOf } from '../../domain/mailbox.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Removal } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { explainFailure } from './failures.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';

/** What the event would come to in Datadog, found out by reading calls. */
export interface OnlinePlan extends Omit<ProcessPlan, 'account'> {
  /** `conflict`: a person must decide, and nothing would be written. `unknown`: Datadog could not be asked. */
  readonly account: ProcessPlan['account'] | 'conflict' | 'unknown';
  /** Present for a conflict, or where Datadog could not be asked. */
  readonly problem?: string;
}

interface Input {
  readonly client: DatadogClient;
  readonly inventory: Inventory | undefined;
  readonly policy: Policy;
  readonly event: HrEvent;
  /** By the time of the event. */
  readonly record: Situation['record'];
  /** HR's word after the event. */
  readonly person: PersonAttributes | undefined;
}

export async function planOnline({ client, inventory, policy, event, record, person }: Input): Promise<OnlinePlan> {
  const api = client.attempt();
  const admits = async (removal: Removal) => inventory?.previewRemoval(removal, policy.changeBudget);
  const resolve = async (entitlements: readonly Entitlement[]) =>
    api.resolve(entitlements, await inventory?.knownEntitlementIds(entitlements));
  try {
    const account = await findAccount(api, { inventory, policy, event, person });
    const request = { event, process: processOf(event, record.employment), person, accountId: account?.id, record };
    return await planEvent({ api, inventory, policy, resolve, admits }, request);
  } catch (error) {
    const isConflict =
      error instanceof ApplicationFailure && [correlationConflict, outsideAllowedDomains].includes(error.type ?? '');
    return isConflict
      ? { ...emptyPlan, account: 'conflict', problem: error.message }
      : { ...emptyPlan, account: 'unknown', problem: explainFailure(error) };
  }
}

/** As the process looks it up, without binding it. */
async function findAccount(
  api: DatadogReads,
  { inventory, policy, event, person }: Omit<Input, 'client' | 'record'>,
): Promise<Account | undefined> {
  const { personId, kind } = event;
  if (person !== undefined && kind !== 'leaver') refuseExternal(policy, person.email);
  const whose = { personId, email: person?.email, isLeaving: kind === 'leaver' };
  const { account, isBound } = await locateAccount({ api, inventory, policy: () => policy }, whose);
  const holder = account === undefined || isBound ? undefined : await inventory?.personBoundTo(account.id);
  if (holder === undefined || holder === personId) return account;
  throw conflict(`account ${account?.id} is bound to person ${holder}`);
}

const accountWords = {
  found: 'is there',
  wouldBeCreated: 'would be created',
  madeAtFirstLogin: 'would be made by SSO at the first login: nobody is created or invited',
  none: 'is not there',
  conflict: 'is in conflict: nothing would be written',
  unknown: 'cannot be looked up',
} as const satisfies Record<OnlinePlan['account'], string>;

const endWords = {
  nothingToDo: 'No access would change',
  failed: 'It would fail',
  held: 'It would be held until an operator says whose account it is',
  blocked: 'It would be blocked until an operator says whose account it is',
} as const satisfies Record<NonNullable<ProcessPlan['end']>['kind'], string>;

export const renderEnd = ({ kind, detail }: NonNullable<ProcessPlan['end']>): string => `${endWords[kind]}: ${detail}.`;

const list = (what: string, entitlements: readonly ResolvedEntitlement[]) =>
  entitlements.map(({ kind, name }) => [what, kind, name]);

export function renderOnlinePlan(shell: Shell, plan: OnlinePlan): string {
  const { account, accountId, status, problem, end, wouldInvite, heldAbove, protection } = plan;
  const rows = [
    ...list('add', plan.adds),
    ...list('add once approved', plan.approvalsNeeded),
    ...list('remove', plan.removes),
    ...list('stays, excess', plan.excess),
  ];
  const which = accountId === undefined ? '' : ` (${accountId}, ${status})`;
  return [
    `In Datadog the account ${accountWords[account]}${which}${problem === undefined ? '' : `: ${problem}`}.`,
    ...(end === undefined ? [] : [renderEnd(end)]),
    ...(wouldInvite ? ['An invitation would be sent.'] : []),
    ...(heldAbove === undefined
      ? []
      : [`What it takes away would be held until somebody releases it: ${overBudget(heldAbove)}.`]),
    ...(protection === undefined
      ? []
      : [`It would wait, since the account is protected: ${protectionAdvice[protection]}.`]),
    ...plan.changes.map((change) => `Would be done: ${changeWords(change)}.`),
    ...plan.changesOnceAllowed.map((change) => `Would be done once approved: ${changeWords(change)}.`),
    ...(rows.length === 0 ? [] : [renderTable(shell, ['in Datadog', 'kind', 'name'], rows)]),
    ...plan.withheld.map(({ part, why }) => `Would not be done: ${part}: ${why}.`),
    ...plan.warnings.map((warning) => `Note: ${warning}.`),
    ...plan.notVisible.map((permission) => `Not visible: the application key lacks ${permission}.`),
  ].join('\n');
}
