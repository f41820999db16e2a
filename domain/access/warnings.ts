import type { ResolvedEntitlement } from '../model.ts';

/** Names of the policy that Datadog has changed. */
export function renamed(resolved: readonly ResolvedEntitlement[]): readonly string[] {
  return resolved.flatMap(({ kind, name, nameNow }) =>
    nameNow === undefined ? [] : [`${kind} ${name} is called ${nameNow} in Datadog now: correct the policy`],
  );
}

/**
 * Where login mappings are in force, a login sets the roles to what they grant: a role that none of them grants is lost
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

/** Why a role is Muster's to keep or to remove that nobody granted: an organization may give one to every new account. */
export const cameWithAccount = 'came with the account that Muster created';

/** Why an entitlement stays that is not wanted. */
export const excessWords = 'excess: held, not wanted, not granted by Muster';

export const notVisibleWords = (permission: string): string => `not visible: the application key lacks ${permission}`;

export const undecidableWords =
  'the policy names nobody who may allow it: set approvals.default, then `npx muster person retry ID`';
