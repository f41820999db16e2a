import { readResource, requireText } from '../body.ts';
import { textError } from '../errors.ts';
import type { Reply } from '../errors.ts';
import type { Team } from '../model.ts';
import type { Json } from '../render.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';
import { findTeam, requireTeamRight } from './teams.ts';

const openSettings = ['user_access_manage', 'admins', 'members', 'organization'];
const editSettings = ['teams_manage', 'admins', 'members'];
const settingTitles = { manage_membership: 'Add and Remove Members', edit: 'Edit Team Details' } as const;

type Action = keyof typeof settingTitles;

/** Reads say more than writes do. */
function renderSetting(team: Team, action: Action, full: boolean): Json {
  const shown = full ? { title: settingTitles[action], editable: true } : {};
  return {
    type: 'team_permission_settings',
    id: `TeamPermission-${team.id}-${action}`,
    attributes: {
      action,
      value: team.settings[action],
      ...shown,
      options: action === 'edit' ? editSettings : openSettings,
    },
  };
}

function listSettings(call: Call): Reply {
  const team = findTeam(call);
  return {
    status: 200,
    body: { data: [renderSetting(team, 'manage_membership', true), renderSetting(team, 'edit', true)] },
  };
}

function updateSetting(call: Call): Reply {
  const team = findTeam(call);
  const action = call.params['action'] ?? '';
  if (action !== 'manage_membership' && action !== 'edit') {
    throw textError(404, `Invalid action type "${action}". Valid actions: manage_membership, edit not found`);
  }
  requireTeamRight(call, team, 'edit');
  const value = requireText(readResource(call.body, 'team_permission_settings').attributes, 'value');
  const options = action === 'edit' ? editSettings : openSettings;
  if (!options.includes(value)) throw textError(400, `Invalid input: value must be one of ${options.join(', ')}`);
  team.settings[action] = value;
  return { status: 200, body: { data: renderSetting(team, action, false) } };
}

const permission = anyOf('teams_read');
const list = '/api/v2/team/{team_id}/permission-settings';

export const teamSettingRoutes: readonly Route[] = [
  { method: 'GET', pattern: list, permission, handler: listSettings },
  { method: 'PUT', pattern: `${list}/{action}`, permission, handler: updateSetting },
];
