import type { DatadogClient } from '../../datadog/types.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import { isInDomains, type Policy } from '../../domain/policy/rules.ts';
import { readOrganization, type Organization } from '../operations/organization.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';
import { readNamings } from '../../auth/pins.ts';
import { policyNames, refusalsOf, warningOf, type PolicyNaming } from '../../domain/pins.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { domainOf, lookalikes, quoted } from '../../domain/text.ts';

/** A policy against the organization as it is. `problems` keep it from working, `warnings` should be known. */
export interface OnlineCheck {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly entitlements: readonly {
    readonly kind: 'role' | 'team';
    readonly name: string;
    readonly ids: readonly string[];
    readonly rules: readonly string[];
    readonly isPrivileged: boolean;
  }[];
  /** Whom the policy names by e-mail, for what, and the person or account that it means. */
  readonly names: readonly PolicyNaming[];
  /** Where people have accounts that are not disabled. */
  readonly domains: readonly { readonly domain: string; readonly accounts: number; readonly isAllowed: boolean }[];
  /** What the key may not see: the permissions that would show it. */
  readonly notVisible: readonly string[];
}

export async function checkOnline(
  client: DatadogClient,
  policy: Policy,
  inventory: Inventory | undefined,
): Promise<OnlineCheck> {
  const organization = await readOrganization(client, { withMembers: false });
  const entitlements = namedBy(policy).map(({ kind, name, rules }) => {
    const found = kind === 'role' ? rolesNamed(organization, name) : teamsNamed(organization, name);
    const privileged = kind === 'role' && rolesNamed(organization, name).some((role) => isPrivileged(role.permissions));
    return { kind, name, ids: found.map(({ id }) => id), rules, isPrivileged: privileged };
  });
  const isSeen = ({ kind }: { kind: string }) => kind === 'role' || organization.teams !== undefined;
  const domains = domainsOf(organization, policy.identity.allowedDomains);
  const names = await readNamings(inventory, policyNames(policy), organization.accounts);
  return {
    entitlements,
    names,
    domains,
    notVisible: organization.notVisible,
    problems: [
      ...entitlements.filter(isSeen).flatMap((one) => faultOf(organization, one) ?? []),
      ...refusalsOf(policy, names),
    ],
    warnings: [
      ...names.flatMap((one) => warningOf(one) ?? []),
      ...entitlements
        .filter((one) => !isSeen(one))
        .map(({ name }) => `the team "${name}" cannot be checked: the application key lacks teams_read`),
      ...entitlements
        .filter(
          (one) =>
            one.isPrivileged &&
            policy.rules.some((rule) => rule.approval === undefined && rule.roles.includes(one.name)),
        )
        .map(
          ({ name }) =>
            `the role "${name}" is privileged: it takes an approval, though a rule grants it without one` +
            (policy.approvals.default === undefined
              ? '; there is nobody to approve it, so it is not granted: set approvals.default'
              : ''),
        ),
      ...policy.identity.allowedDomains
        .filter((allowed) => !domains.some(({ domain }) => domain === allowed))
        .map((allowed) => `nobody has an address of ${allowed}, which identity.allowedDomains names`),
    ],
  };
}

/** Why the name of a role or a team means nothing in Datadog, or too much; undefined where it means one. */
function faultOf(
  organization: Organization,
  { kind, name, ids, rules }: OnlineCheck['entitlements'][number],
): string | undefined {
  if (ids.length === 1) return undefined;
  const what = `the ${kind} ${quoted(name)} of rule ${rules.join(', ')}`;
  const remedy = 'correct the policy, or mend it in Datadog';
  if (ids.length > 1) return `${what} exists ${ids.length} times (${ids.join(', ')}): ${remedy}`;
  const meant = lookalikes(name, namesOf(organization, kind));
  const [only] = meant;
  if (only === undefined) return `${what} does not exist in Datadog: ${remedy}`;
  const names = meant.map((one) => quoted(one.name)).join(' or ');
  // The policy's own names have no blanks around them.
  const advice = only.name === only.name.trim() ? 'correct the policy' : 'rename it in Datadog';
  return `${what} does not exist in Datadog: did you mean ${names}? It differs in ${only.differsIn.join(' and ')}: ${advice}`;
}

function namedBy({ rules }: Policy) {
  const named = rules.flatMap((rule) => [
    ...rule.roles.map((name) => ({ kind: 'role' as const, name, rule: rule.name })),
    ...rule.teams.map((name) => ({ kind: 'team' as const, name, rule: rule.name })),
  ]);
  return [...Map.groupBy(named, ({ kind, name }) => `${kind}:${name}`).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, rules: group.map(({ rule }) => rule) }];
  });
}

const rolesNamed = ({ roles }: Organization, name: string) => roles.filter((role) => role.name === name);

const namesOf = ({ roles, teams = [] }: Organization, kind: 'role' | 'team'): readonly string[] =>
  kind === 'role' ? roles.map(({ name }) => name) : teams.flatMap(({ handle, name }) => [handle, name]);

function teamsNamed({ teams = [] }: Organization, name: string) {
  const byHandle = teams.filter(({ handle }) => handle === name);
  return byHandle.length > 0 ? byHandle : teams.filter((team) => team.name === name);
}

function domainsOf({ accounts }: Organization, allowedDomains: readonly string[]) {
  const humans = accounts.filter(({ isServiceAccount, status }) => !isServiceAccount && status !== 'disabled');
  return [...Map.groupBy(humans, ({ email }) => domainOf(email))]
    .map(([domain, group]) => ({
      domain,
      accounts: group.length,
      isAllowed: isInDomains(allowedDomains, `@${domain}`),
    }))
    .toSorted((a, b) => b.accounts - a.accounts);
}

const nameRow = ({ use, name, where, naming }: PolicyNaming): readonly string[] => {
  const bearer = use === 'approver' ? 'person' : 'account';
  const isMeant = naming.kind === 'pinned' || naming.kind === 'found';
  return [name, where.join(', '), isMeant ? `${bearer} ${naming.id}` : 'nobody'];
};

export function renderOnline(shell: Shell, { entitlements, names, domains }: OnlineCheck): string {
  return [
    renderTable(
      shell,
      ['kind', 'name', 'id in Datadog', 'privileged', 'rules'],
      entitlements.map(({ kind, name, ids, isPrivileged, rules }) => [
        kind,
        name,
        ids.join(', '),
        isPrivileged ? 'yes' : '',
        rules.join(', '),
      ]),
    ),
    ...(names.length === 0 ? [] : [renderTable(shell, ['e-mail', 'named by', 'means'], names.map(nameRow))]),
    renderTable(
      shell,
      ['domain', 'accounts', 'of identity.allowedDomains'],
      domains.map(({ domain, accounts, isAllowed }) => [domain, accounts, isAllowed ? 'yes' : 'no: external']),
    ),
  ].join('\n\n');
}
