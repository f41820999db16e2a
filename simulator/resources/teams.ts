import { randomInt, randomUUID } from 'node:crypto';

import { auditCall } from './audit.ts';
import {
  isObject,
  isUuid,
  readNames,
  readNullableText,
  readRelated,
  readResource,
  readText,
  requireText,
} from '../body.ts';
import type { Fields } from '../body.ts';
import { lacksPermission, textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { State, Team } from '../model.ts';
import { containsText, sortItems, teamPage } from '../paging.ts';
import { timestamp } from '../render.ts';
import type { Json } from '../render.ts';
import { allOf, anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

/** Lists and single reads omit what only the page of a team shows; updates omit empty relationship data. */
function renderTeam(team: Team, view: 'read' | 'created' | 'updated'): Json {
  const path = `/api/v2/team/${team.id}`;
  const { avatar, banner, visibleModules: visible_modules, hiddenModules: hidden_modules } = team;
  const linked = (data: unknown, name: string): Json => ({
    ...(view === 'updated' ? {} : { data }),
    links: { related: `${path}/${name}` },
  });
  return {
    id: team.id,
    type: 'team',
    attributes: {
      ...(view === 'read' ? {} : { avatar, banner, visible_modules, hidden_modules }),
      created_at: timestamp(team.createdAt),
      description: team.description,
      handle: team.handle,
      is_managed: team.isManaged,
      link_count: 0,
      modified_at: timestamp(team.modifiedAt),
      name: team.name,
      summary: team.summary,
      user_count: team.memberships.length,
    },
    relationships: {
      team_links: linked([], 'links'),
      user_team_permissions: linked(null, 'permission-settings'),
    },
  };
}

/** `fields[team]` names the attributes and relationships to keep. */
function selectFields(query: URLSearchParams, team: Json): Json {
  const wanted = query.get('fields[team]')?.split(',');
  if (wanted === undefined) return team;
  const keep = (value: unknown): Json =>
    Object.fromEntries(Object.entries(isObject(value) ? value : {}).filter(([name]) => wanted.includes(name)));
  const { attributes, relationships, ...identity } = team;
  const kept = keep(relationships);
  return {
    ...identity,
    attributes: keep(attributes),
    ...(Object.keys(kept).length === 0 ? {} : { relationships: kept }),
  };
}

export function requireUuid(id: string): string {
  if (!isUuid(id)) throw textError(404, `${id} is not a valid UUID not found`);
  return id;
}

export function findTeam(call: Call): Team {
  const id = requireUuid(call.params['team_id'] ?? '');
  const team = call.state.teams.get(id);
  if (team === undefined) throw textError(404, `Team for ID ${id} not found`);
  return team;
}

function teamReply(team: Team, status: number, view: 'read' | 'created' | 'updated'): Reply {
  return { status, body: { data: renderTeam(team, view) } };
}

function listTeams(call: Call): Reply {
  const { query, state, actor } = call;
  const keyword = query.get('filter[keyword]');
  const mine = query.get('filter[me]') === 'true';
  const selected = [...state.teams.values()].filter(
    (team) =>
      containsText(keyword, team.name, team.handle) &&
      (!mine || team.memberships.some(({ userId }) => userId === actor.id)),
  );
  const keys = { name: (team: Team) => team.name.toLowerCase(), user_count: (team: Team) => team.memberships.length };
  const { items, envelope } = teamPage(call, sortItems(query, selected, keys, 'name'));
  return {
    status: 200,
    body: { data: items.map((team) => selectFields(query, renderTeam(team, 'read'))), ...envelope },
  };
}

function refuseDuplicate(state: State, name: string, handle: string, except?: Team): void {
  if (state.teams.values().some((team) => team !== except && (team.name === name || team.handle === handle))) {
    throw textError(409, 'Team name and handle must be unique');
  }
}

function createTeam(call: Call): Reply {
  const { state } = call;
  const { attributes, relationships } = readResource(call.body, 'team');
  const name = requireText(attributes, 'name');
  const handle = requireText(attributes, 'handle');
  const description = readNullableText(attributes, 'description') ?? null;
  const userIds = [...new Set(readRelated(relationships, 'users', 'users'))];
  for (const id of userIds) if (!state.users.has(id)) throw textError(404, `User for ID ${id} not found`);
  refuseDuplicate(state, name, handle);
  const team: Team = {
    id: randomUUID(),
    name,
    handle,
    summary: description,
    description,
    avatar: null,
    banner: randomInt(1, 8),
    visibleModules: null,
    hiddenModules: null,
    isManaged: false,
    createdAt: call.now,
    modifiedAt: call.now,
    memberships: [],
    settings: { manage_membership: 'organization', edit: 'members' },
  };
  decorate(team, attributes);
  state.teams.set(team.id, team);
  for (const id of userIds) addMembership(call, team, id, null);
  auditCall(call, 'Teams Management', 'created', 'team', team.id);
  return teamReply(team, 201, 'created');
}

/** How a team looks: a picture, a banner and the modules of its page. */
function decorate(team: Team, attributes: Fields): void {
  const avatar = readNullableText(attributes, 'avatar');
  if (avatar !== undefined) team.avatar = avatar;
  const { banner } = attributes;
  if (banner === null || typeof banner === 'number') team.banner = banner;
  const visible = readNames(attributes, 'visible_modules');
  if (visible !== undefined) team.visibleModules = visible;
  const hidden = readNames(attributes, 'hidden_modules');
  if (hidden !== undefined) team.hiddenModules = hidden;
}

export function addMembership(
  call: Call,
  team: Team,
  userId: string,
  role: 'admin' | null,
): Team['memberships'][number] {
  call.state.counters.membership += 1;
  const membership = {
    id: `TeamMembership-${team.id}-${call.state.counters.membership}`,
    userId,
    role,
    provisionedBy: call.actor.serviceAccount ? ('service_account' as const) : null,
    provisionedById: call.actor.id,
  };
  team.memberships.push(membership);
  return membership;
}

/** Whether this user may write: those the setting names, and always those with `teams_manage`. */
export function requireTeamRight(call: Call, team: Team, setting: 'manage_membership' | 'edit'): void {
  const value = team.settings[setting];
  const own = team.memberships.find(({ userId }) => userId === call.actor.id);
  const allowed =
    call.permissions.has('teams_manage') ||
    value === 'organization' ||
    (value === 'members' && own !== undefined) ||
    (value !== 'members' && own?.role === 'admin') ||
    (value === 'user_access_manage' && call.permissions.has(value));
  if (!allowed) throw lacksPermission();
}

function updateTeam(call: Call): Reply {
  const team = findTeam(call);
  requireTeamRight(call, team, 'edit');
  const { attributes } = readResource(call.body, 'team');
  const name = readText(attributes, 'name') ?? team.name;
  const handle = readText(attributes, 'handle') ?? team.handle;
  const description = readNullableText(attributes, 'description');
  refuseDuplicate(call.state, name, handle, team);
  decorate(team, attributes);
  team.name = name;
  team.handle = handle;
  if (description !== undefined) {
    team.description = description;
    team.summary = description;
  }
  team.modifiedAt = call.now;
  return teamReply(team, 200, 'updated');
}

function deleteTeam(call: Call): Reply {
  const team = findTeam(call);
  call.state.teams.delete(team.id);
  for (const connection of call.state.teamConnections.values()) {
    if (connection.teamId === team.id) call.state.teamConnections.delete(connection.id);
  }
  auditCall(call, 'Teams Management', 'deleted', 'team', team.id);
  return { status: 204 };
}

const read = anyOf('teams_read');
const manage = allOf('teams_read', 'teams_manage');

export const teamRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v2/team', permission: read, handler: listTeams },
  { method: 'POST', pattern: '/api/v2/team', permission: manage, handler: createTeam },
  {
    method: 'GET',
    pattern: '/api/v2/team/{team_id}',
    permission: read,
    handler: (call) => teamReply(findTeam(call), 200, 'read'),
  },
  { method: 'PATCH', pattern: '/api/v2/team/{team_id}', permission: read, handler: updateTeam },
  { method: 'DELETE', pattern: '/api/v2/team/{team_id}', permission: manage, handler: deleteTeam },
];
