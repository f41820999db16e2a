import type { Entitlement, ResolvedEntitlement } from '../../domain/model.ts';
import { heldEntitlements, pickResolved } from '../../domain/access/plan.ts';
import { birthrightAccess } from '../../domain/policy/rules.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import { renamed } from '../../domain/access/warnings.ts';
import { findAccessBefore } from '../person/accessBefore.ts';
import { withoutOn } from '../../datadog/failures.ts';
import type { PlanContext, PlanRequest } from './request.ts';

interface Wanted {
  /** Without a request. */
  readonly granted: readonly ResolvedEntitlement[];
  /** Once it was allowed: a privileged role takes that whatever its rule says. */
  readonly onApproval: readonly ResolvedEntitlement[];
  readonly notVisible: readonly string[];
  readonly warnings: readonly string[];
}

/** What the policy gives this person, or what was recorded of them; with every name looked up. */
export async function wantedAccess(context: PlanContext, { event, person }: PlanRequest): Promise<Wanted> {
  const { policy, resolve } = context;
  if (event.restore === true) return recordedAccess(context, event.personId);
  const access = person && birthrightAccess(policy, person);
  const freely = access?.granted ?? [];
  const asked = (access?.onApproval ?? []).flatMap(({ entitlements }) => entitlements);
  const named: readonly Entitlement[] = [...freely, ...asked].map(({ kind, name }) => ({ kind, name }));
  const teams = named.filter(({ kind }) => kind === 'team');
  const foundTeams = teams.length === 0 ? [] : await withoutOn(['NotAuthorized'], resolve(teams));
  const resolved = [...(await resolve(named.filter(({ kind }) => kind === 'role'))), ...(foundTeams ?? [])];
  const granted = pickResolved(freely, resolved);
  return {
    granted: granted.filter((one) => one.isPrivileged !== true),
    onApproval: [...granted.filter((one) => one.isPrivileged === true), ...pickResolved(asked, resolved)],
    notVisible: foundTeams === undefined ? ['teams_read'] : [],
    warnings: renamed(resolved),
  };
}

/** After `person restore`: exactly what was recorded. */
async function recordedAccess({ api, inventory }: PlanContext, personId: string): Promise<Wanted> {
  const before = inventory && (await findAccessBefore(inventory, personId));
  const held = before === undefined ? [] : heldEntitlements(before.access);
  const judged = await Promise.all(
    held.map(async (one) => ({ one, isAsked: one.kind === 'role' && isPrivileged(await api.rolePermissions(one.id)) })),
  );
  const those = (wanted: boolean) => judged.filter(({ isAsked }) => isAsked === wanted).map(({ one }) => one);
  return { granted: those(false), onApproval: those(true), notVisible: [], warnings: [] };
}
