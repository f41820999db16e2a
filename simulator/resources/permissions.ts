import type { Reply } from '../errors.ts';
import { namedUuid } from '../random.ts';
import { anyOf } from '../router.ts';
import type { Route } from '../router.ts';

interface PermissionInfo {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly access: 'read' | 'write' | 'other';
  /** Every role gets it unless it opts out. */
  readonly restricted: boolean;
}

type Catalog = Readonly<Record<string, string>>;

// `:r`, `:w`, `:o` is the display type; a star marks the restricted ones.
const catalog: Catalog = {
  General: 'admin:o standard:o',
  'Log Management':
    'logs_read_index_data:r logs_modify_indexes:w logs_live_tail:r logs_write_exclusion_filters:w ' +
    'logs_write_pipelines:w logs_write_processors:w logs_write_archives:w logs_generate_metrics:w logs_read_data:r ' +
    'logs_read_archives:r logs_write_historical_view:w logs_write_facets:w logs_delete_data:w ' +
    'logs_write_forwarding_rules:w logs_read_config:r',
  Dashboards:
    'dashboards_read:r* dashboards_write:w dashboards_public_share:w generate_dashboard_reports:w ' +
    'dashboards_invite_share:w',
  Monitors: 'monitors_read:r* monitors_write:w monitors_downtime:w monitor_config_policy_write:w',
  'Cloud Security Platform':
    'security_monitoring_rules_read:r security_monitoring_rules_write:w security_monitoring_signals_read:r ' +
    'security_monitoring_signals_write:w security_monitoring_filters_read:r security_monitoring_filters_write:w ' +
    'appsec_vm_read:r* security_monitoring_findings_read:r',
  'Access Management':
    'user_access_read:r user_access_invite:w user_access_manage:w user_self_profile_read:r ' +
    'user_self_profile_write:w service_account_write:w org_management:w org_connections_write:w ' +
    'org_connections_read:r org_authorized_apps_read:r org_authorized_apps_write:w governance_console_read:r',
  'API and Application Keys':
    'user_app_keys:w org_app_keys_read:r org_app_keys_write:w api_keys_read:r api_keys_write:w api_keys_delete:w ' +
    'client_tokens_read:r client_tokens_write:w',
  Teams: 'teams_read:r teams_manage:w',
  Compliance: 'audit_logs_read:r audit_logs_write:w data_scanner_read:r data_scanner_write:w',
  'Billing and Usage': 'billing_read:r billing_edit:w usage_read:r usage_edit:w',
  Metrics: 'metric_tags_write:w host_tags_write:w metrics_metadata_write:w',
  Integrations: 'integrations_api:o manage_integrations:w integrations_read:r aws_configurations_manage:w',
  APM:
    'apm_read:r* apm_retention_filter_read:r apm_retention_filter_write:w apm_service_catalog_read:r ' +
    'apm_service_catalog_write:w',
  'Real User Monitoring': 'rum_apps_read:r* rum_apps_write:w rum_session_replay_read:r',
  'Synthetic Monitoring':
    'synthetics_read:r synthetics_write:w synthetics_private_location_read:r synthetics_private_location_write:w ' +
    'synthetics_global_variable_read:r synthetics_global_variable_write:w',
  'Case and Incident Management':
    'incident_read:r* incident_write:w incident_settings_read:r incident_settings_write:w cases_read:r ' +
    'cases_write:w',
  'App Builder & Workflow Automation':
    'workflows_read:r workflows_write:w workflows_run:w connections_read:r connections_write:w ' +
    'connections_resolve:r',
  Notebooks: 'notebooks_read:r* notebooks_write:w',
  'Service Level Objectives': 'slos_read:r* slos_write:w slos_corrections:w',
  'Software Delivery': 'ci_visibility_read:r* ci_visibility_write:w cd_visibility_read:r* code_analysis_read:r',
  'On-Call': 'on_call_read:r on_call_write:w on_call_page:w on_call_respond:w on_call_admin:w',
  'Error Tracking': 'error_tracking_read:r error_tracking_write:w',
  'Cross-Product Features': 'saved_views_write:w facets_write:w generate_log_reports:w manage_log_reports:w',
};

const accesses: Readonly<Record<string, PermissionInfo['access']>> = { r: 'read', w: 'write' };

const permissionList: readonly PermissionInfo[] = Object.entries(catalog).flatMap(([group, names]) =>
  names.split(' ').map((entry): PermissionInfo => {
    const [name = '', flags = 'o'] = entry.split(':');
    const access = accesses[flags.charAt(0)] ?? 'other';
    return { id: namedUuid(`permission ${name}`), name, group, access, restricted: flags.endsWith('*') };
  }),
);

export const permissionsById: ReadonlyMap<string, PermissionInfo> = new Map(
  permissionList.map((info) => [info.id, info]),
);

export const restrictedPermissionIds: readonly string[] = permissionList
  .filter((info) => info.restricted)
  .map((info) => info.id);

/** What Standard may not do beyond reading: the organization, other people, their keys and the bill. */
const administration =
  /^(admin|user_access_(invite|manage)|org_|service_account_write|api_keys_|audit_logs_|billing_|governance_|on_call_admin|client_tokens_write|security_monitoring_filters_write|logs_(delete|modify|write_(archives|forwarding)))/;

export const managedRoles: Readonly<Record<string, readonly string[]>> = {
  'Datadog Admin Role': idsWhere(() => true),
  'Datadog Standard Role': idsWhere((info) => !administration.test(info.name)),
  'Datadog Read Only Role': idsWhere(
    (info) =>
      info.access === 'read' &&
      (!administration.test(info.name) || info.restricted) &&
      info.name !== 'client_tokens_read',
  ),
};

function idsWhere(keep: (info: PermissionInfo) => boolean): string[] {
  return permissionList.filter(keep).map((info) => info.id);
}

const createdAt = '2018-10-31T13:39:19.727450+00:00';

export function renderPermission(info: PermissionInfo): Record<string, unknown> & { readonly attributes: object } {
  const words = info.name.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    type: 'permissions',
    id: info.id,
    attributes: {
      name: info.name,
      display_name: words.join(' '),
      description: `${info.access === 'read' ? 'View' : 'Use and change'}: ${words.join(' ').toLowerCase()}.`,
      created: createdAt,
      group_name: info.group,
      display_type: info.access,
      restricted: info.restricted,
    },
  };
}

export function renderPermissions(ids: readonly string[]): Record<string, unknown>[] {
  return ids.flatMap((id) => permissionsById.get(id) ?? []).map(renderPermission);
}

/** Only the list of all permissions shows former names. */
function renderListed(info: PermissionInfo): Record<string, unknown> {
  const permission = renderPermission(info);
  return {
    ...permission,
    attributes: { ...permission.attributes, created: createdAt.replace('+00:00', 'Z'), name_aliases: [] },
  };
}

function listPermissions(): Reply {
  return { status: 200, body: { data: permissionList.map(renderListed) } };
}

export const permissionRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v2/permissions', permission: anyOf('user_access_read'), handler: listPermissions },
];
