import { capabilities, type Capability, type Datadog } from '../../datadog/types.ts';
import type { Check } from './checks.ts';
import { explainFailure } from './failures.ts';
import type { DatadogConfig } from '../../config/types.ts';

interface DatadogNeeds {
  /** Whether the policy grants teams. */
  readonly usesTeams: boolean;
}

/** What each permission is for; the first three are needed by every process. */
const purposes = {
  user_access_read: 'to read users and their roles',
  user_access_invite: 'to create and invite users',
  user_access_manage: 'to disable users, and to assign and remove roles',
  teams_read: 'to read team memberships',
  api_keys_read: 'to list API keys that outlive a leaver',
  org_app_keys_read: "to list people's application keys",
  org_authorized_apps_read: 'to list authorized applications',
  audit_logs_read: 'to read the audit trail',
  service_account_write: 'to list keys of service accounts',
} as const satisfies Record<Capability, string>;

const needed: readonly Capability[] = ['user_access_read', 'user_access_invite', 'user_access_manage'];

const scopeAdvice = (permission: string): string =>
  `give the owner of the application key a role with ${permission}; if the key is scoped, add the scope ${permission} ` +
  'to it (Organization Settings > Application Keys)';

/** The site, both keys, and each permission by reading probes; nothing is written. */
export async function checkDatadog(config: DatadogConfig | undefined, needs: DatadogNeeds): Promise<readonly Check[]> {
  if (config === undefined) {
    const fix =
      'run `npm start`, which brings a simulated Datadog; or set DD_SITE, DD_API_KEY and DD_APP_KEY; or MUSTER_DATADOG_URL for a simulator';
    return [{ name: 'site', status: 'missing', detail: 'no Datadog site is configured', fix }];
  }
  const { openDatadog } = await import('../../datadog/index.ts');
  try {
    await using client = openDatadog({ baseUrl: config.baseUrl, keys: config.keys });
    return await judgeDatadog(client.attempt({ deadlineMs: 20_000 }), config, needs);
  } catch (error) {
    return [{ name: 'site', status: 'missing', detail: explainFailure(error), fix: siteFix(config) }];
  }
}

export async function judgeDatadog(
  api: Pick<Datadog, 'validateKeys' | 'probe'>,
  config: Pick<DatadogConfig, 'baseUrl' | 'isSimulator'>,
  needs: DatadogNeeds,
): Promise<readonly Check[]> {
  let keys: Awaited<ReturnType<Datadog['validateKeys']>>;
  try {
    keys = await api.validateKeys();
  } catch (error) {
    return [{ name: 'site', status: 'missing', detail: explainFailure(error), fix: siteFix(config) }];
  }
  const detail = `${config.baseUrl}${config.isSimulator ? ' (simulated)' : ''}`;
  const site: Check = { name: 'site', status: 'ok', detail };
  const apiKey: Check =
    keys === 'apiKeyRefused'
      ? refused('API key', 'DD_API_KEY', 'Organization Settings > API Keys')
      : { name: 'API key', status: 'ok', detail: 'valid' };
  if (keys === 'apiKeyRefused') return [site, apiKey];
  if (keys === 'applicationKeyRefused') {
    return [site, apiKey, refused('application key', 'DD_APP_KEY', 'Organization Settings > Application Keys')];
  }
  const permissions = await Promise.all(capabilities.map((one) => probe(api, one, needs)));
  return [site, apiKey, { name: 'application key', status: 'ok', detail: 'valid' }, ...permissions];
}

async function probe(api: Pick<Datadog, 'probe'>, capability: Capability, { usesTeams }: DatadogNeeds): Promise<Check> {
  const isNeeded = needed.includes(capability);
  const purpose = `needed ${purposes[capability]}`;
  const base = { name: capability, optional: isNeeded ? undefined : (true as const) };
  try {
    const answer = await api.probe(capability);
    if (answer === 'yes') return { ...base, status: 'ok', detail: 'allowed' };
    if (answer === 'unknown') return { ...base, status: 'unknown', detail: `no reading call can tell; ${purpose}` };
  } catch (error) {
    return { ...base, status: 'missing', detail: explainFailure(error), fix: 'run doctor again' };
  }
  const teams =
    capability === 'teams_read' && usesTeams ? '; the policy grants teams: they are skipped until then' : '';
  return { ...base, status: 'missing', detail: `not allowed; ${purpose}${teams}`, fix: scopeAdvice(capability) };
}

function refused(name: string, variable: string, place: string): Check {
  const fix = `make a key in Datadog (${place}) and set ${variable} or ${variable}_FILE; check that DD_SITE is the site of your organization`;
  return { name, status: 'missing', detail: 'Datadog refuses it on this site', fix };
}

const siteFix = ({ isSimulator }: Pick<DatadogConfig, 'isSimulator'>): string =>
  isSimulator
    ? 'start the simulator (`npx muster simulator`, or `npm start`), or check MUSTER_DATADOG_URL'
    : 'check DD_SITE and that this machine reaches it';
