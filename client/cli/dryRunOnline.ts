import { findAccessBefore } from '../../activities/accessBefore.ts';
import type { Datadog, DatadogClient } from '../../activities/datadog/types.ts';
import type { Inventory } from '../../activities/inventory/types.ts';
import { accountOf } from '../../workflows/core/correlation.ts';
import type { Account, HrEvent, ResolvedEntitlement } from '../../workflows/core/model.ts';
import { entitlementKey, heldEntitlements, pickResolved, planAccess } from '../../workflows/core/plan.ts';
import { isPrivileged } from '../../workflows/core/privileged.ts';
import { birthrightAccess, isInDomains, type Policy } from '../../workflows/core/policy.ts';
import { explainFailure } from './failures.ts';
import { renderTable } from './output.ts';
import type { Shell } from './shell.ts';

/** What the event would come to in Datadog, found out by reading calls. */
export interface OnlinePlan {
  /** `conflict`: a person must decide, and nothing would be written. `unknown`: Datadog could not be asked. */
  readonly account: 'found' | 'wouldBeCreated' | 'none' | 'conflict' | 'unknown';
  readonly accountId?: string;
  readonly status?: Account['status'];
  /** Of a conflict, or where Datadog could not be asked. */
  readonly problem?: string;
  readonly wouldInvite: boolean;
  /** What happens to the account itself: by the event, and once it was allowed. */
  readonly acts: readonly string[];
  readonly actsOnceAllowed: readonly string[];
  readonly adds: readonly ResolvedEntitlement[];
  readonly removes: readonly ResolvedEntitlement[];
  /** Held, not wanted, not Muster's: stays. */
  readonly excess: readonly ResolvedEntitlement[];
  /** Not held, and given only once it was allowed. */
  readonly approvalsNeeded: readonly ResolvedEntitlement[];
  /** Permissions that would show more. */
  readonly notVisible: readonly string[];
}

interface Input {
  readonly client: DatadogClient;
  readonly inventory: Inventory | undefined;
  readonly policy: Policy;
  readonly event: HrEvent;
}

const nothing = {
  wouldInvite: false,
  acts: [],
  actsOnceAllowed: [],
  adds: [],
  removes: [],
  excess: [],
  approvalsNeeded: [],
  notVisible: [],
} as const;

export async function planOnline(input: Input): Promise<OnlinePlan> {
  try {
    return await plan(input);
  } catch (error) {
    return { ...nothing, account: 'unknown', problem: explainFailure(error) };
  }
}

async function plan({ client, inventory, policy, event }: Input): Promise<OnlinePlan> {
  const { personId, kind } = event;
  const record = await inventory?.findPerson(personId);
  const person = event.person ?? record?.attributes;
  const found = await findAccount({ client, inventory, policy, event }, record?.accountId, person?.email);
  if ('problem' in found) return { ...nothing, account: 'conflict', problem: found.problem };
  const { account } = found;
  const access = person === undefined ? undefined : birthrightAccess(policy, person);
  const isLeaver = kind === 'leaver';
  const isComing = kind === 'joiner' || kind === 'leaverRescinded';
  const api = client.attempt();
  const named = [...(access?.granted ?? []), ...(access?.onApproval ?? []).flatMap(({ entitlements }) => entitlements)];
  const roles = named.filter((one) => one.kind === 'role').map(({ name }) => ({ kind: 'role' as const, name }));
  const teams = named.filter((one) => one.kind === 'team').map(({ name }) => ({ kind: 'team' as const, name }));
  const isTeamsVisible = teams.length === 0 || (await api.probe('teams_read')) !== 'no';
  const resolved = isLeaver ? [] : await api.resolve([...roles, ...(isTeamsVisible ? teams : [])]);
  const held = account === undefined ? undefined : await api.getAccess(account.id);
  const grants = (await inventory?.listGrants({ personId, open: true, limit: 1_000, offset: 0 })) ?? [];
  const privileged = await privilegedOf(api, resolved);
  const isFree = (one: ResolvedEntitlement) => !privileged.has(one.id);
  const granted = pickResolved(access?.granted ?? [], resolved);
  const wanted = granted.filter(isFree);
  // A privileged role takes an approval whatever the rule says.
  const asked = [
    ...granted.filter((one) => !isFree(one)),
    ...pickResolved(
      (access?.onApproval ?? []).flatMap(({ entitlements }) => entitlements),
      resolved,
    ),
  ];
  const notVisible = [...new Set([held?.teamsNotVisible, isTeamsVisible ? undefined : 'teams_read'])].filter(
    (one) => one !== undefined,
  );
  const about = account === undefined ? {} : { accountId: account.id, status: account.status };
  const base = { ...nothing, ...about, notVisible };
  if (held === undefined) {
    const gets = isComing ? { adds: wanted, approvalsNeeded: asked } : {};
    return { ...base, account: isComing ? 'wouldBeCreated' : 'none', wouldInvite: isComing, removes: [], ...gets };
  }
  if (isLeaver) {
    const acts = held.account.status === 'disabled' ? [] : ['disable the account'];
    return { ...base, account: 'found', wouldInvite: false, acts, removes: heldEntitlements(held) };
  }
  if (held.account.status === 'disabled') {
    if (!isComing) return { ...base, account: 'found' };
    const before = inventory && (await findAccessBefore(inventory, personId));
    const isOurs = record?.employment === 'left' && before?.accountId === held.account.id;
    const enabling = isOurs ? 'enable the account' : 'enable the account, which somebody else has disabled';
    const acts = isOurs ? { acts: [enabling] } : { actsOnceAllowed: [enabling] };
    // What it holds still would come back with it, so it goes first.
    return {
      ...base,
      account: 'found',
      ...acts,
      removes: heldEntitlements(held),
      adds: wanted,
      approvalsNeeded: asked,
    };
  }
  const managed = grants.filter(({ reason }) => reason !== 'preexisting').map(entitlementKey);
  const { add, remove, removeLater, excess } = planAccess({ wanted, awaited: asked, actual: held, managed });
  const isPrivilegedNow = (await privilegedOf(api, held.roles)).size > 0;
  const isRenamed = person !== undefined && person.email.toLowerCase() !== held.account.email.toLowerCase();
  const renaming = isRenamed ? [`change the e-mail to ${person.email}`] : [];
  const heldKeys = new Set(heldEntitlements(held).map(entitlementKey));
  return {
    ...base,
    account: 'found',
    wouldInvite: isComing && held.account.status === 'pending',
    ...(isPrivilegedNow ? { actsOnceAllowed: renaming } : { acts: renaming }),
    adds: add,
    removes: [...remove, ...removeLater],
    excess,
    approvalsNeeded: asked.filter((one) => !heldKeys.has(entitlementKey(one))),
  };
}

async function privilegedOf(api: Datadog, resolved: readonly ResolvedEntitlement[]): Promise<ReadonlySet<string>> {
  const roles = resolved.filter(({ kind }) => kind === 'role');
  const judged = await Promise.all(
    roles.map(async ({ id }) => (isPrivileged(await api.rolePermissions(id)) ? [id] : [])),
  );
  return new Set(judged.flat());
}

async function findAccount(
  { client, inventory, policy, event }: Input,
  boundId: string | undefined,
  email: string | undefined,
): Promise<{ account?: Account } | { problem: string }> {
  if (email !== undefined && !isInDomains(policy.identity.allowedDomains, email)) {
    return { problem: `${email} is outside identity.allowedDomains` };
  }
  const api = client.attempt();
  const bound = boundId === undefined ? undefined : await api.getAccount(boundId);
  if (bound !== undefined) return { account: bound };
  if (email === undefined) return {};
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
  none: 'is not there',
  conflict: 'is in conflict: nothing would be written',
  unknown: 'cannot be looked up',
} as const satisfies Record<OnlinePlan['account'], string>;

const list = (what: string, entitlements: readonly ResolvedEntitlement[]) =>
  entitlements.map(({ kind, name }) => [what, kind, name]);

export function renderOnlinePlan(shell: Shell, plan: OnlinePlan): string {
  const { account, accountId, status, problem, wouldInvite, acts, actsOnceAllowed } = plan;
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
    ...acts.map((act) => `It would ${act}.`),
    ...actsOnceAllowed.map((act) => `Once somebody has allowed it, it would ${act}.`),
    ...(rows.length === 0 ? [] : [renderTable(shell, ['in Datadog', 'kind', 'name'], rows)]),
    ...notVisible.map((permission) => `Not visible: the application key lacks ${permission}.`),
  ].join('\n');
}
