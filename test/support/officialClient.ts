import { client, logger, v1, v2 } from '@datadog/datadog-api-client';

/** What is needed to reach a simulated (or real) site: its base address and a pair of keys. */
export interface Site {
  readonly url: string;
  readonly apiKey: string;
  readonly appKey: string;
}

export type OfficialClient = ReturnType<typeof officialClient>;

/**
 * Datadog's own client, unmodified, pointed at a simulator. It neither retries nor compresses, so that what a test
 * sees is one request and its response.
 */
export function officialClient(site: Site) {
  const configuration = client.createConfiguration({
    baseServer: new client.BaseServerConfiguration(site.url, {}),
    authMethods: { apiKeyAuth: site.apiKey, appKeyAuth: site.appKey },
    enableRetry: false,
    httpConfig: { compress: false },
  });
  configuration.unstableOperations['v2.validate'] = true;
  // It warns of every call to an operation in preview.
  logger.setLevel('error');
  const users = new v2.UsersApi(configuration);
  const teams = new v2.TeamsApi(configuration);
  return {
    users,
    roles: new v2.RolesApi(configuration),
    teams,
    serviceAccounts: new v2.ServiceAccountsApi(configuration),
    keys: new v2.KeyManagementApi(configuration),
    authnMappings: new v2.AuthNMappingsApi(configuration),
    identityProviders: new v2.IdentityProvidersApi(configuration),
    audit: new v2.AuditApi(configuration),
    logs: new v2.LogsApi(configuration),
    organizations: new v2.OrganizationsApi(configuration),
    authentication: new v1.AuthenticationApi(configuration),
    /** Every account of the org, human or not, page by page. */
    listAllUsers: (filter: { text?: string; status?: string } = {}) => listAllUsers(users, filter),
    /** Role ids of one account, sorted. */
    rolesOf: (userId: string) => rolesOf(users, userId),
    /** Team ids of one account, sorted. */
    teamsOf: (userId: string) => teamsOf(teams, userId),
  };
}

async function listAllUsers(users: v2.UsersApi, filter: { text?: string; status?: string }): Promise<v2.User[]> {
  const found = new Map<string, v2.User>();
  for (let pageNumber = 0; ; pageNumber += 1) {
    const page = await users.listUsers({
      pageNumber,
      pageSize: 100,
      ...(filter.text === undefined ? {} : { filter: filter.text }),
      ...(filter.status === undefined ? {} : { filterStatus: filter.status }),
    });
    const data = page.data ?? [];
    for (const user of data) found.set(user.id ?? '', user);
    if (data.length < 100) return [...found.values()];
  }
}

async function rolesOf(users: v2.UsersApi, userId: string): Promise<string[]> {
  const { data } = await users.getUser({ userId });
  return (data?.relationships?.roles?.data ?? []).map((role) => role.id ?? '').sort();
}

async function teamsOf(teams: v2.TeamsApi, userUuid: string): Promise<string[]> {
  const { data } = await teams.getUserMemberships({ userUuid });
  // The relationship is described, but was never recorded; the membership's id was: TeamMembership-<team>-<number>.
  return (data ?? [])
    .map(({ id, relationships }) => relationships?.team?.data.id ?? id.replace(/^TeamMembership-(.*)-\d+$/, '$1'))
    .sort();
}

/** The status and error texts of a refused call; throws when the call was not refused. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; errors: unknown }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof client.ApiException) {
      return { status: error.code, errors: errorsOf(error.body) };
    }
    throw error;
  }
  throw new Error('the call was not refused');
}

/** For a status that is not declared the client gives a text with the response quoted in it. */
function errorsOf(body: unknown): unknown {
  const quoted = typeof body === 'string' ? /\nBody: "(.*)"$/s.exec(body)?.[1] : undefined;
  const value: unknown = quoted === undefined ? body : JSON.parse(quoted);
  return typeof value === 'object' && value !== null && 'errors' in value ? value.errors : undefined;
}
