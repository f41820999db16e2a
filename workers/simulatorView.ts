export interface SimulatorAccess {
  readonly url: string;
  readonly apiKey: string;
  readonly appKey: string;
}

export interface Held {
  readonly status: string;
  readonly roles: readonly string[];
  readonly teams: readonly string[];
}

export const describeHeld = ({ status, roles, teams }: Held): string =>
  `${status}, ${roles.length === 0 ? 'no role' : roles.join(' and ')}, ${teams.length === 0 ? 'no team' : `team ${teams.join(', ')}`}`;

/** What the simulator holds, read by plain HTTP and not by Muster's own client. */
export async function readHeld(simulator: SimulatorAccess, email: string): Promise<Held> {
  const headers = { 'DD-API-KEY': simulator.apiKey, 'DD-APPLICATION-KEY': simulator.appKey };
  const get = async (path: string): Promise<Page> => {
    const response = await fetch(`${simulator.url}/api/v2/${path}`, { headers });
    if (!response.ok) throw new Error(`The simulator returned ${response.status} for ${path}`);
    return (await response.json()) as Page;
  };
  const { data, included } = await get(`users?filter=${encodeURIComponent(email)}&page[size]=100`);
  const user = data.find(({ attributes }) => attributes.email === email);
  if (user === undefined) return { status: 'none', roles: [], teams: [] };
  const roleIds = new Set(user.relationships?.roles?.data.map(({ id }) => id));
  const memberships = await get(`users/${user.id}/memberships`);
  const teamIds = memberships.data.map(
    ({ id, relationships }) => relationships?.team?.data.id ?? /^TeamMembership-([0-9a-f-]{36})-/.exec(id)?.[1],
  );
  const teams =
    teamIds.length === 0 ? [] : (await get('team?page[size]=100')).data.filter(({ id }) => teamIds.includes(id));
  return {
    status: user.attributes.status ?? '',
    roles: (included ?? [])
      .filter(({ type, id }) => type === 'roles' && roleIds.has(id))
      .map(({ attributes }) => attributes.name ?? '')
      .toSorted(),
    teams: teams.map(({ attributes }) => attributes.handle ?? '').toSorted(),
  };
}

interface Resource {
  readonly id: string;
  readonly type: string;
  readonly attributes: {
    readonly email?: string;
    readonly status?: string;
    readonly name?: string;
    readonly handle?: string;
  };
  readonly relationships?: {
    readonly roles?: { readonly data: readonly { readonly id: string }[] };
    readonly team?: { readonly data: { readonly id: string } };
  };
}

interface Page {
  readonly data: readonly Resource[];
  readonly included?: readonly Resource[];
}

/** The person follows the link in the invitation. */
export async function acceptInvitation(simulator: SimulatorAccess, email: string): Promise<void> {
  const response = await fetch(`${simulator.url}/control/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email }),
  });
  if (!response.ok) throw new Error(`The simulator returned ${response.status}: ${await response.text()}`);
}
