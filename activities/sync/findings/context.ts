import type { AccountContext } from '../../../domain/findings/accounts.ts';
import type { DriftContext, EntitlementDirectory } from '../../../domain/findings/drift.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { isPrivileged } from '../../../domain/access/privileged.ts';
import type { OrganizationSnapshot } from '../../../inventory/port/snapshots.ts';
import type { PinnedAccounts } from '../../../domain/pins.ts';

export type Context = AccountContext & DriftContext;

/** What every page is judged by. */
export function contextOf(
  organization: OrganizationSnapshot,
  policy: Policy,
  accounts: PinnedAccounts,
  nowMs: number,
): Context {
  const privileged = organization.roles.filter(({ permissions }) => isPrivileged(permissions));
  return {
    nowMs,
    thresholds: policy.findings,
    privilegedRoles: new Map(privileged.map(({ id, name }) => [id, name])),
    identity: policy.identity,
    ...accounts,
    completeDomains: organization.completeDomains,
    isLoginReported: organization.isLoginReported,
    rules: policy.rules,
    directory: directoryOf(organization),
    contested: organization.contested,
  };
}

/** Names as the processes resolve them: roles by name, teams by handle, else by name. */
function directoryOf({ roles, teams }: OrganizationSnapshot): EntitlementDirectory {
  const rolesByName = Map.groupBy(roles, ({ name }) => name);
  const teamsByHandle = Map.groupBy(teams, ({ handle }) => handle);
  const teamsByName = Map.groupBy(teams, ({ name }) => name);
  const roleNames = new Map(roles.map(({ id, name }) => [id, name]));
  const teamsById = new Map(teams.map((team) => [team.id, team]));
  return {
    idOf: ({ kind, name }) => {
      const matches = kind === 'role' ? rolesByName.get(name) : (teamsByHandle.get(name) ?? teamsByName.get(name));
      return matches?.length === 1 ? matches[0]?.id : undefined;
    },
    nameOf: (kind, id) => (kind === 'role' ? roleNames.get(id) : teamsById.get(id)?.handle) ?? id,
    isTeamManaged: (id) => teamsById.get(id)?.isManaged ?? false,
  };
}
