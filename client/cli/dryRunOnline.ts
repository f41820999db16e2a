import type { DatadogClient } from '../../datadog/types.ts';
import type { Leaver } from '../../inventory/port/changeBudget.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { planEvent } from '../../activities/plan/planning.ts';
import { accountOf } from '../../domain/access/correlation.ts';
import type { Account, Entitlement, HrEvent, ResolvedEntitlement } from '../../domain/model.ts';
import { nothingIntended, overBudget, type Intent } from '../../domain/access/intent.ts';
import { processOf } from '../../domain/mailbox.ts';
import { isInDomains, type Policy } from '../../domain/policy/rules.ts';
import { explainFailure } from './failures.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';
import { protectionAdvice } from '../../domain/access/protection.ts';

/** What the event would come to in Datadog, found out by reading calls. */
export interface OnlinePlan extends Omit<Intent, 'account'> {
  /** `conflict`: a person must decide, and nothing would be written. `unknown`: Datadog could not be asked. */
  readonly account: Intent['account'] | 'conflict' | 'unknown';
  /** Of a conflict, or where Datadog could not be asked. */
  readonly problem?: string;
}

interface Input {
  readonly client: DatadogClient;
  readonly inventory: Inventory | undefined;
  readonly policy: Policy;
  readonly event: HrEvent;
}

export async function planOnline(input: Input): Promise<OnlinePlan> {
  try {
    return await plan(input);
  } catch (error) {
    return { ...nothingIntended, account: 'unknown', problem: explainFailure(error) };
  }
}

async function plan({ client, inventory, policy, event }: Input): Promise<OnlinePlan> {
  const record = await inventory?.findPerson(event.personId);
  const person = event.person ?? record?.attributes;
  const found = await findAccount({ client, inventory, policy, event }, record?.accountId, person?.email);
  if ('problem' in found) return { ...nothingIntended, account: 'conflict', problem: found.problem };
  const process = processOf(event, record?.employment ?? 'unknown');
  const question = { event, process, person, accountId: found.account?.id };
  const admits = async (leaver: Leaver) => inventory?.previewDisable(leaver, policy.changeBudget);
  const api = client.attempt();
  const resolve = async (entitlements: readonly Entitlement[]) =>
    api.resolve(entitlements, await inventory?.knownEntitlementIds(entitlements));
  return planEvent({ api, inventory, policy, resolve, admits }, question);
}

async function findAccount(
  { client, inventory, policy, event }: Input,
  boundId: string | undefined,
  email: string | undefined,
): Promise<{ account?: Account } | { problem: string }> {
  const outside = (address: string) =>
    isInDomains(policy.identity.allowedDomains, address)
      ? undefined
      : { problem: `${address} is outside identity.allowedDomains` };
  const problem = email === undefined ? undefined : outside(email);
  if (problem !== undefined && event.kind !== 'leaver') return problem;
  const api = client.attempt();
  const bound = boundId === undefined ? undefined : await api.getAccount(boundId);
  if (bound !== undefined) return outside(bound.email) ?? { account: bound };
  if (email === undefined) return {};
  if (problem !== undefined) return problem;
  const found = accountOf(await api.findAccountsByAddress(email), email);
  if ('problem' in found || found.account === undefined) return found;
  const { account } = found;
  const holder = await inventory?.personBoundTo(account.id);
  if (holder === undefined || holder === event.personId) return { account };
  return { problem: `account ${account.id} is bound to person ${holder}` };
}

const accountWords = {
  found: 'is there',
  wouldBeCreated: 'would be created',
  madeAtFirstLogin: 'would be made by SSO at the first login: nobody is created or invited',
  none: 'is not there',
  conflict: 'is in conflict: nothing would be written',
  unknown: 'cannot be looked up',
} as const satisfies Record<OnlinePlan['account'], string>;

const list = (what: string, entitlements: readonly ResolvedEntitlement[]) =>
  entitlements.map(({ kind, name }) => [what, kind, name]);

export function renderOnlinePlan(shell: Shell, plan: OnlinePlan): string {
  const { account, accountId, status, problem, wouldInvite, heldAbove, protection, changes, changesOnceAllowed } = plan;
  const { adds, approvalsNeeded, removes, excess, notVisible } = plan;
  const rows = [
    ...list('add', adds),
    ...list('add once approved', approvalsNeeded),
    ...list('remove', removes),
    ...list('stays, excess', excess),
  ];
  const which = accountId === undefined ? '' : ` (${accountId}, ${status})`;
  return [
    `In Datadog the account ${accountWords[account]}${which}${problem === undefined ? '' : `: ${problem}`}.`,
    ...(wouldInvite ? ['An invitation would be sent.'] : []),
    ...(heldAbove === undefined ? [] : [`It would be held until somebody releases it: ${overBudget(heldAbove)}.`]),
    ...(protection === undefined
      ? []
      : [`It would wait, since the account is protected: ${protectionAdvice[protection]}.`]),
    ...changes.map((act) => `Would be done: ${act}.`),
    ...changesOnceAllowed.map((act) => `Would be done once somebody has allowed it: ${act}.`),
    ...(rows.length === 0 ? [] : [renderTable(shell, ['in Datadog', 'kind', 'name'], rows)]),
    ...plan.warnings.map((warning) => `Note: ${warning}.`),
    ...notVisible.map((permission) => `Not visible: the application key lacks ${permission}.`),
  ].join('\n');
}
