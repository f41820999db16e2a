import { namedEntitlements, type ResolvedAccess } from '../../domain/access/plan.ts';
import type { ApprovalRequest, DesiredAccess } from '../../domain/decision.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Entitlement, PersonAttributes, ResolvedEntitlement } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { withoutOn } from '../../datadog/failures.ts';
import { desiredAccess, forProcess, guardPrivileged } from '../../policy/requests.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { resolveAndKeep } from './resolveNames.ts';
import { requiredWord } from './word.ts';

export function createWantedActivities({ datadog, inventory, policy }: Dependencies) {
  return {
    /** What the policy in force grants this person, with every name resolved, and privileged roles behind an approval. */
    async readWantedAccess(whose: Because): Promise<ResolvedAccess & Pick<NamedAccess, 'notVisible'>> {
      const word = await requiredWord({ inventory, policy }, whose);
      const { personId } = whose;
      return withDatadog(datadog, async (api) => {
        const resolve = (entitlements: readonly Entitlement[]) => resolveAndKeep(api, inventory, entitlements);
        const named = await policyAccess(resolve, policy(), personId, word);
        const { privileged, resolved, notVisible } = named;
        const desired = guardPrivileged(policy(), personId, named.desired, { privileged, manager: word.manager });
        return { desired: forProcess(desired), resolved, notVisible };
      });
    },
  };
}

export interface NamedAccess extends ResolvedAccess {
  readonly desired: DesiredAccess<ApprovalRequest>;
  /** Names of roles. */
  readonly privileged: readonly string[];
  readonly notVisible: readonly string[];
}

/** By the rules of the policy. Teams that the key may not see are left out, and said. */
export async function policyAccess(
  resolve: (entitlements: readonly Entitlement[]) => Promise<readonly ResolvedEntitlement[]>,
  policy: Policy,
  personId: string,
  person: PersonAttributes | undefined,
): Promise<NamedAccess> {
  const desired = person === undefined ? nothing : desiredAccess(policy, personId, person);
  const named = namedEntitlements(desired);
  const teams = named.filter(({ kind }) => kind === 'team');
  const foundTeams = teams.length === 0 ? [] : await withoutOn(['NotAuthorized'], resolve(teams));
  const roles = await resolve(named.filter(({ kind }) => kind === 'role'));
  return {
    desired,
    resolved: [...roles, ...(foundTeams ?? [])],
    privileged: roles.filter((role) => role.isPrivileged).map(({ name }) => name),
    notVisible: foundTeams === undefined ? ['teams_read'] : [],
  };
}

const nothing = { entitlements: [], requests: [] };
