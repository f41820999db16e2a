import type { ResolvedEntitlement } from '../model.ts';

/** Of a name of the policy that Datadog has changed. */
export function renamed(resolved: readonly ResolvedEntitlement[]): readonly string[] {
  return resolved.flatMap(({ kind, name, nameNow }) =>
    nameNow === undefined ? [] : [`${kind} ${name} is called ${nameNow} in Datadog now: correct the policy`],
  );
}

/**
 * Where login mappings are in force, a login sets the roles to what they give: a role that none of them gives is lost
 * then.
 */
export function undoneByLogin(
  wanted: readonly ResolvedEntitlement[],
  mapped: readonly string[] = [],
): readonly ResolvedEntitlement[] {
  return mapped.length === 0 ? [] : wanted.filter(({ kind, id }) => kind === 'role' && !mapped.includes(id));
}

export const undoneWords = (name: string): string =>
  `role ${name}: the next login by SSO takes it away, since login mappings are in force and none gives it`;

/** Of a grant that stays: an outcome counts it as no part that was left open. */
export const excessWords = 'excess: held, not wanted, not given by Muster';

export const notVisibleWords = (permission: string): string => `not visible: the application key lacks ${permission}`;
