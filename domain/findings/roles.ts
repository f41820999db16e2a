import type { Nhi } from '../sync/kinds.ts';
import type { Found } from './found.ts';

export interface RoleSnapshot {
  readonly id: string;
  readonly name: string;
  /** How many people hold it by a grant from Muster. */
  readonly givenTo: number;
}

/** Names are compared as the policy compares them. */
export function duplicateRoleNames(roles: readonly Pick<RoleSnapshot, 'id' | 'name'>[]): readonly Found[] {
  const byName = Map.groupBy(roles, ({ name }) => name);
  return [...byName]
    .filter(([, same]) => same.length > 1)
    .map(([name, same]) => ({
      kind: 'duplicateRoleName',
      subject: `name:${name}`,
      scope: name,
      name,
      severity: 'medium',
      evidence: { roleIds: same.map(({ id }) => id).toSorted() },
    }));
}

/**
 * Where an organization maps attributes of the identity provider to roles, a login sets the roles to those of the
 * mappings. A role that Muster assigned and no mapping includes is lost then. No API tells who logs in by SAML.
 */
export function rolesUndoneByMappings(roles: readonly RoleSnapshot[], mappings: readonly Nhi[]): readonly Found[] {
  const mapped = mappings.flatMap(({ details }) => (typeof details['roleId'] === 'string' ? [details['roleId']] : []));
  if (mapped.length === 0) return [];
  return roles
    .filter(({ id, givenTo }) => givenTo > 0 && !mapped.includes(id))
    .map(({ id, name, givenTo }) => ({
      kind: 'samlMappingUndoesRole',
      subject: id,
      scope: id,
      name,
      severity: 'medium',
      evidence: { role: name, heldByGrant: givenTo, roleMappings: mapped.length },
    }));
}
