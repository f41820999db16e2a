import type { Role, State, Team } from './model.ts';
import type { Random } from './random.ts';

interface RoleParts {
  readonly name: string;
  readonly managed: boolean;
  readonly permissionIds: readonly string[];
  readonly at: string;
}

export function addRole(state: State, random: Random, { name, managed, permissionIds, at }: RoleParts): Role {
  const role: Role = {
    id: random.uuid(),
    name,
    managed,
    createdAt: at,
    modifiedAt: at,
    createdBy: null,
    modifiedBy: null,
    permissionIds: [...permissionIds],
  };
  state.roles.set(role.id, role);
  return role;
}

interface TeamParts {
  readonly handle: string;
  readonly name: string;
  readonly at: string;
}

export function addTeam(state: State, random: Random, { handle, name, at }: TeamParts): Team {
  const team: Team = {
    id: random.uuid(),
    name,
    handle,
    summary: null,
    description: null,
    avatar: null,
    visibleModules: null,
    hiddenModules: null,
    banner: 1 + random.integer(7),
    isManaged: false,
    createdAt: at,
    modifiedAt: at,
    memberships: [],
    settings: { manage_membership: 'organization', edit: 'members' },
  };
  state.teams.set(team.id, team);
  return team;
}
