import { auditCall } from './audit.ts';
import { readRelated, readResource } from '../body.ts';
import type { Fields } from '../body.ts';
import { objectError, textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Membership, State, Team, User } from '../model.ts';
import { containsText, sortItems, teamPage } from '../paging.ts';
import { reference, renderTeamUser } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { addMembership, findTeam, requireTeamRight, requireUuid } from './teams.ts';

function renderMembership(membership: Membership): Json {
  return {
    type: 'team_memberships',
    id: membership.id,
    attributes: {
      role: membership.role,
      provisioned_by: membership.provisionedBy,
      provisioned_by_id: membership.provisionedById,
    },
    relationships: { user: { data: reference('users', membership.userId) } },
  };
}

function includedUsers(state: State, memberships: readonly Membership[], withStatus = true): { included?: Json[] } {
  const users = memberships.flatMap(({ userId }) => state.users.get(userId) ?? []);
  return users.length > 0 ? { included: users.map((user) => renderTeamUser(user, withStatus)) } : {};
}

/** The membership service has its own error for a team that is gone. */
function findTeamToList(call: Call): Team {
  const id = requireUuid(call.params['team_id'] ?? '');
  const team = call.state.teams.get(id);
  if (team !== undefined) return team;
  throw objectError(
    404,
    `rpc error: code = NotFound desc = Failed to find team memberships: no team found (teamId=${id})`,
  );
}

function listMemberships(call: Call): Reply {
  const { state, query } = call;
  const keyword = query.get('filter[keyword]');
  const userOf = (membership: Membership): User | undefined => state.users.get(membership.userId);
  const selected = findTeamToList(call).memberships.filter((membership) => {
    const user = userOf(membership);
    return user !== undefined && containsText(keyword, user.name, user.email, user.handle);
  });
  const nameOf = (membership: Membership): string => (userOf(membership)?.name ?? '').toLowerCase();
  const keys = {
    name: nameOf,
    user_name: nameOf,
    manager_name: nameOf,
    email: (membership: Membership) => userOf(membership)?.email ?? '',
    handle: (membership: Membership) => userOf(membership)?.handle ?? '',
  };
  const { items, envelope } = teamPage(call, sortItems(query, selected, keys, 'name'));
  return { status: 200, body: { data: items.map(renderMembership), ...includedUsers(state, items), ...envelope } };
}

function membershipReply(call: Call, team: Team, membership: Membership, withStatus: boolean): Reply {
  auditCall(call, 'Teams Management', 'modified', 'team', team.id);
  return {
    status: 200,
    body: { data: renderMembership(membership), ...includedUsers(call.state, [membership], withStatus) },
  };
}

/** `admin` or null; the refusal is Python's rendering of an error inside a text. */
function readRole(attributes: Fields): 'admin' | null {
  const role = attributes['role'];
  if (role === undefined || role === null) return null;
  if (role === 'admin') return role;
  throw textError(
    400,
    "{'errors': [{'detail': 'Not a valid choice.', 'source': {'pointer': '/data/attributes/role'}}]}",
  );
}

function createMembership(call: Call): Reply {
  const team = findTeam(call);
  requireTeamRight(call, team, 'manage_membership');
  const { attributes, relationships } = readResource(call.body, 'team_memberships');
  const role = readRole(attributes);
  const [userId] = readRelated(relationships, 'user', 'users');
  if (userId === undefined) throw textError(400, 'Invalid input: relationships.user is required');
  requireUser(call, userId);
  if (team.memberships.some((membership) => membership.userId === userId)) {
    throw objectError(409, `users already present on the team [${userId}]`);
  }
  return membershipReply(call, team, addMembership(call, team, userId, role), true);
}

function requireUser(call: Call, userId: string): void {
  requireUuid(userId);
  if (!call.state.users.has(userId)) throw textError(404, `User for ID ${userId} not found`);
}

function findMembership(call: Call, team: Team): Membership {
  const userId = call.params['user_id'] ?? '';
  const membership = team.memberships.find((candidate) => candidate.userId === userId);
  if (membership === undefined) throw textError(404, `User ${userId} is not a member of Team ${team.id} not found`);
  return membership;
}

function updateMembership(call: Call): Reply {
  const team = findTeam(call);
  requireUser(call, call.params['user_id'] ?? '');
  requireTeamRight(call, team, 'manage_membership');
  const membership = findMembership(call, team);
  membership.role = readRole(readResource(call.body, 'team_memberships').attributes);
  return membershipReply(call, team, membership, false);
}

function deleteMembership(call: Call): Reply {
  const team = findTeam(call);
  requireUuid(call.params['user_id'] ?? '');
  requireTeamRight(call, team, 'manage_membership');
  const membership = findMembership(call, team);
  if (membership.provisionedBy === 'saml_mapping')
    throw objectError(403, `membership of user ${membership.userId} is managed by a SAML mapping`);
  team.memberships = team.memberships.filter((candidate) => candidate !== membership);
  auditCall(call, 'Teams Management', 'modified', 'team', team.id);
  return { status: 204 };
}

/** Neither paged nor with `meta`. */
function listUserMemberships(call: Call): Reply {
  const { state } = call;
  const id = requireUuid(call.params['user_id'] ?? '');
  const user = state.users.get(id);
  if (user === undefined) throw textError(404, `User for ID ${id} not found`);
  const memberships = [...state.teams.values()].flatMap((team) =>
    team.memberships.filter(({ userId }) => userId === id),
  );
  return {
    status: 200,
    body: { data: memberships.map(renderMembership), ...includedUsers(state, memberships.slice(0, 1)) },
  };
}

const permission = anyOf('teams_read');
const list = '/api/v2/team/{team_id}/memberships';
const one = `${list}/{user_id}`;

export const membershipRoutes: readonly Route[] = [
  { method: 'GET', pattern: list, permission, handler: listMemberships },
  { method: 'POST', pattern: list, permission, handler: createMembership },
  { method: 'PATCH', pattern: one, permission, handler: updateMembership },
  { method: 'DELETE', pattern: one, permission, handler: deleteMembership },
  { method: 'GET', pattern: '/api/v2/users/{user_id}/memberships', permission, handler: listUserMemberships },
];
