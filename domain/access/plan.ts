import { isUndecidable } from '../approvals.ts';
import type { Access, Entitlement, ResolvedEntitlement } from '../model.ts';
import { undecidableWords } from './warnings.ts';
import type { RequestView, DesiredAccess } from '../decision.ts';

/** What is wanted for a person, with every name resolved. */
export interface ResolvedAccess {
  readonly desired: DesiredAccess;
  readonly resolved: readonly ResolvedEntitlement[];
}

/** What an account holds. */
interface Held {
  readonly actual: Pick<Access, 'roles' | 'teams'>;
  /** Keys of what Muster granted, on record. */
  readonly managed: readonly string[];
}

/** What to write, computed from what is wanted and what is there. Applied twice it changes nothing. */
export interface AccessDifference {
  /** Wanted without a request, or allowed, and not held. */
  readonly add: readonly ResolvedEntitlement[];
  /** Granted by Muster, no longer wanted. */
  readonly remove: readonly ResolvedEntitlement[];
  /** Held, not wanted, not granted by Muster: reported, never removed. */
  readonly excess: readonly ResolvedEntitlement[];
  /** No longer wanted, but the only role left while an approval is open: removed once that is decided. */
  readonly removeLater: readonly ResolvedEntitlement[];
}

export interface AccessPlan extends AccessDifference {
  /** Requests for what is not held: granted once they are approved. */
  readonly ask: readonly RequestView[];
  /** Not held, and nobody may allow it. */
  readonly withheld: readonly { readonly entitlement: ResolvedEntitlement; readonly why: string }[];
}

/** What changes in a person's roles and teams, what needs approval first, and what is not granted. */
export function planAccess({ desired, resolved }: ResolvedAccess, { actual, managed }: Held): AccessPlan {
  const heldKeys = new Set(heldEntitlements(actual).map(entitlementKey));
  const isHeld = (entitlement: ResolvedEntitlement): boolean => heldKeys.has(entitlementKey(entitlement));
  const named = (requests: readonly RequestView[]) =>
    requests.flatMap(({ entitlements }) => pickResolved(entitlements, resolved));
  const ask = requestsToAsk({ desired, resolved }, isHeld);
  const rest = desired.requests.filter((request) => !ask.includes(request));
  const wanted = [...pickResolved(desired.entitlements, resolved), ...named(rest).filter(isHeld)];
  return {
    ...compareAccess({ wanted, awaited: named(ask), actual, managed }),
    ask,
    withheld: named(rest.filter(isUndecidable))
      .filter((one) => !isHeld(one))
      .map((entitlement) => ({ entitlement, why: `privileged, and ${undecidableWords}` })),
  };
}

/** No request for access that is held already, nor where nobody may decide. */
export function requestsToAsk(
  { desired, resolved }: ResolvedAccess,
  isHeld: (entitlement: ResolvedEntitlement) => boolean,
): readonly RequestView[] {
  return desired.requests.filter((request) => {
    const wanted = pickResolved(request.entitlements, resolved);
    return !isUndecidable(request) && !(wanted.length > 0 && wanted.every(isHeld));
  });
}

export const entitlementKey = (entitlement: { kind: string; id: string }): string =>
  `${entitlement.kind}:${entitlement.id}`;

interface Comparison {
  /** Wanted now. */
  readonly wanted: readonly ResolvedEntitlement[];
  /** Asked for, not decided. */
  readonly awaited: readonly ResolvedEntitlement[];
  readonly actual: Held['actual'];
  /** Keys of what Muster granted, on record. */
  readonly managed: readonly string[];
}

export function compareAccess({ wanted, awaited, actual, managed }: Comparison): AccessDifference {
  const held = heldEntitlements(actual);
  const heldKeys = new Set(held.map(entitlementKey));
  const wantedKeys = new Set([...wanted, ...awaited].map(entitlementKey));
  const managedKeys = new Set(managed);
  const add = wanted.filter((entitlement) => !heldKeys.has(entitlementKey(entitlement)));
  const unwanted = held.filter((entitlement) => !wantedKeys.has(entitlementKey(entitlement)));
  const excess = unwanted.filter((entitlement) => !managedKeys.has(entitlementKey(entitlement)));
  const remove = unwanted.filter((entitlement) => managedKeys.has(entitlementKey(entitlement)));

  const removedKeys = new Set(remove.map(entitlementKey));
  const rolesAfter = [...held.filter((entitlement) => !removedKeys.has(entitlementKey(entitlement))), ...add].filter(
    (entitlement) => entitlement.kind === 'role',
  );
  const isRoleAwaited = awaited.some(
    (entitlement) => entitlement.kind === 'role' && !heldKeys.has(entitlementKey(entitlement)),
  );
  const [lastRole] = remove
    .filter((entitlement) => entitlement.kind === 'role')
    .toSorted((a, b) => (a.name < b.name ? 1 : -1));
  const removeLater = isRoleAwaited && rolesAfter.length === 0 && lastRole !== undefined ? [lastRole] : [];
  return { add, remove: remove.filter((entitlement) => !removeLater.includes(entitlement)), excess, removeLater };
}

/** Teams that are managed outside are nobody's to write, so they are not counted as held. */
export function heldEntitlements(access: Pick<Access, 'roles' | 'teams'>): readonly ResolvedEntitlement[] {
  return [
    ...access.roles,
    ...access.teams.filter((team) => !team.isManaged).map(({ kind, id, name }) => ({ kind, id, name })),
  ];
}

/** Every entitlement that the policy names for this person, allowed or not: all must exist before anything is written. */
export function namedEntitlements(desired: DesiredAccess): readonly Entitlement[] {
  const all = [...desired.entitlements, ...desired.requests.flatMap((request) => request.entitlements)];
  return [...new Map(all.map((entitlement) => [`${entitlement.kind}:${entitlement.name}`, entitlement])).values()];
}

export function pickResolved(
  entitlements: readonly Entitlement[],
  resolved: readonly ResolvedEntitlement[],
): readonly ResolvedEntitlement[] {
  return resolved.filter((candidate) =>
    entitlements.some((entitlement) => entitlement.kind === candidate.kind && entitlement.name === candidate.name),
  );
}
