import type { Datadog, DatadogClient } from '../../activities/datadog/types.ts';
import type { Inventory } from '../../activities/inventory/types.ts';
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
  readonly inventory: Pick<Inventory, 'findPerson' | 'listGrants' | 'personBoundTo'> | undefined;
  readonly policy: Policy;
  readonly event: HrEvent;
}

const nothing = { wouldInvite: false, adds: [], removes: [], excess: [], approvalsNeeded: [], notVisible: [] } as const;

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
  const base = { ...about, notVisible, excess: [], approvalsNeeded: [], adds: [] };
  if (held === undefined) {
    const isCreated = kind === 'joiner' || kind === 'leaverRescinded';
    const gets = isCreated ? { adds: wanted, approvalsNeeded: asked } : {};
    return { ...base, account: isCreated ? 'wouldBeCreated' : 'none', wouldInvite: isCreated, removes: [], ...gets };
  }
  if (isLeaver) return { ...base, account: 'found', wouldInvite: false, removes: heldEntitlements(held) };
  const managed = grants.filter(({ reason }) => reason !== 'preexisting').map(entitlementKey);
  const { add, remove, removeLater, excess } = planAccess({ wanted, awaited: asked, actual: held, managed });
  const heldKeys = new Set(heldEntitlements(held).map(entitlementKey));
  return {
    ...base,
    account: 'found',
    wouldInvite: kind === 'joiner' && held.account.status === 'pending',
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
  const humans = (await api.findAccountsByEmail(email)).filter(({ isServiceAccount }) => !isServiceAccount);
  const [account] = humans;
  if (humans.length > 1) return { problem: `accounts ${humans.map(({ id }) => id).join(' and ')} have this e-mail` };
  if (account === undefined) return {};
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
  const { account, accountId, status, problem, wouldInvite, adds, approvalsNeeded, removes, excess, notVisible } = plan;
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
    ...(rows.length === 0 ? [] : [renderTable(shell, ['in Datadog', 'kind', 'name'], rows)]),
    ...notVisible.map((permission) => `Not visible: the application key lacks ${permission}.`),
  ].join('\n');
}
