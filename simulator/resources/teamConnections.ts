import { randomUUID } from 'node:crypto';

import { isObject, readBoolean, readRelated, readResource, readResources, readText } from '../body.ts';
import { objectError, textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { TeamConnection } from '../model.ts';
import { pageOf } from '../paging.ts';
import { reference } from '../render.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

function renderConnection(connection: TeamConnection): Json {
  return {
    id: connection.id,
    type: 'team_connection',
    attributes: { managed_by: connection.managedBy, source: connection.source },
    relationships: {
      connected_team: { data: reference('github_team', connection.connectedTeamId) },
      team: { data: reference('team', connection.teamId) },
    },
  };
}

/** True where the list is absent or has the value. */
function isWanted(query: URLSearchParams, name: string, value: string): boolean {
  return query.get(name)?.split(',').includes(value) ?? true;
}

function listConnections(call: Call): Reply {
  const { query } = call;
  const selected = [...call.state.teamConnections.values()].filter(
    (connection) =>
      isWanted(query, 'filter[sources]', connection.source) &&
      isWanted(query, 'filter[team_ids]', connection.teamId) &&
      isWanted(query, 'filter[connected_team_ids]', connection.connectedTeamId) &&
      isWanted(query, 'filter[connection_ids]', connection.id),
  );
  const { items, number, size } = pageOf(query, selected);
  const last = Math.max(0, Math.ceil(selected.length / size) - 1);
  const page = {
    type: 'number_size',
    number,
    size,
    total: selected.length,
    first_number: 0,
    prev_number: number > 0 ? number - 1 : null,
    next_number: number < last ? number + 1 : null,
    last_number: last,
  };
  return { status: 200, body: { data: items.map(renderConnection), meta: { page } } };
}

function dataOf(body: unknown): unknown[] {
  const data = isObject(body) ? body['data'] : undefined;
  return Array.isArray(data) ? data : [];
}

function createConnections(call: Call): Reply {
  const { state } = call;
  if (dataOf(call.body).length === 0) {
    throw objectError(400, 'attribute "data" at least one team connection must be provided');
  }
  const created = readResources(call.body, 'team_connection').map(({ attributes, relationships }): TeamConnection => {
    const [teamId] = readRelated(relationships, 'team', 'team');
    const [connectedTeamId] = readRelated(relationships, 'connected_team', 'github_team');
    if (teamId === undefined || connectedTeamId === undefined) {
      throw objectError(400, 'attribute "relationships" team and connected_team must be provided');
    }
    if (!state.teams.has(teamId)) throw objectError(404, `no team found (teamId=${teamId})`);
    const source = readText(attributes, 'source') ?? 'github';
    return {
      id: randomUUID(),
      teamId,
      connectedTeamId,
      source,
      managedBy: readText(attributes, 'managed_by') ?? 'datadog',
    };
  });
  for (const { teamId, connectedTeamId } of created) {
    const known = [...state.teamConnections.values()];
    if (known.some((other) => other.teamId === teamId && other.connectedTeamId === connectedTeamId)) {
      throw objectError(409, 'failed to add team connections: one or more team attributes already exist');
    }
  }
  for (const connection of created) state.teamConnections.set(connection.id, connection);
  return { status: 201, body: { data: created.map(renderConnection) } };
}

function deleteConnections(call: Call): Reply {
  const ids = dataOf(call.body).map((item) => (isObject(item) && typeof item['id'] === 'string' ? item['id'] : ''));
  if (ids.length === 0 || ids.includes('')) {
    throw objectError(400, 'attribute "id" one or more team connection ids are not present');
  }
  for (const id of ids)
    if (!call.state.teamConnections.has(id)) throw objectError(404, `team connection ${id} not found`);
  for (const id of ids) call.state.teamConnections.delete(id);
  return { status: 204 };
}

function getSync(call: Call): Reply {
  const source = call.query.get('filter[source]');
  if (source !== 'github') throw textError(400, 'Invalid input: filter[source] must be github');
  const data = [...call.state.teamSyncs.values()].map(({ id, attributes }) => ({
    id,
    type: 'team_sync_bulk',
    attributes,
  }));
  return { status: 200, body: { data } };
}

/** One configuration a source; a later one replaces it. */
function putSync(call: Call): Reply {
  const { attributes } = readResource(call.body, 'team_sync_bulk');
  const states = attributes['selection_state'];
  const selection = (Array.isArray(states) ? states : []).filter(isObject);
  const kept = {
    frequency: readText(attributes, 'frequency') ?? 'once',
    selection_state: selection.map((state) => ({ operation: 'include', scope: 'subtree', ...state })),
    source: 'github',
    sync_membership: readBoolean(attributes, 'sync_membership') ?? false,
    type: readText(attributes, 'type') ?? 'link',
  };
  const [old] = call.state.teamSyncs.keys();
  const id = old ?? randomUUID();
  call.state.teamSyncs.set(id, { id, attributes: kept });
  return { status: 204 };
}

const connections = '/api/v2/team/connections';
const read = anyOf('teams_read');

export const teamConnectionRoutes: readonly Route[] = [
  { method: 'GET', pattern: connections, permission: read, handler: listConnections },
  { method: 'POST', pattern: connections, permission: read, handler: createConnections },
  { method: 'DELETE', pattern: connections, permission: read, handler: deleteConnections },
  { method: 'GET', pattern: '/api/v2/team/sync', permission: read, handler: getSync },
  { method: 'POST', pattern: '/api/v2/team/sync', permission: anyOf('teams_manage'), handler: putSync },
];
