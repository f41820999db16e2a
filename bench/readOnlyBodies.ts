/** The bodies of a read-only Datadog's lists, made from counts alone. */

/** What a read-only Datadog has in it, and how it behaves. */
export interface ReadOnlyOptions {
  readonly users: number;
  readonly roles: number;
  readonly teams?: number;
  readonly membersPerTeam?: number;
  readonly serviceAccounts?: number;
  /** One in so many has not logged in for long: 10 where nothing is said. */
  readonly dormantOneIn?: number;
  readonly latencyMs?: number;
  /** Requests a second; above that the response is 429. */
  readonly perSecond?: number;
}

const uuid = (kind: number, index: number): string =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

const permissionOf = (id: string, index: number) => ({
  type: 'permissions',
  id,
  attributes: { name: `permission_${index}`, display_name: `Permission ${index}`, group_name: 'General' },
});

const range = (total: number, size: number, number: number): number[] =>
  Array.from({ length: Math.max(0, Math.min(size, total - number * size)) }, (_, index) => number * size + index);

const counted = (data: readonly unknown[], total: number) => ({
  data,
  meta: { page: { total_count: total, total_filtered_count: total, max_page_size: 1_000 } },
});
const paged = (data: readonly unknown[], total: number) => ({ data, meta: { pagination: { total } } });

type BodyOf = (path: string, size: number, number: number) => unknown;

export function createBodies(options: ReadOnlyOptions): BodyOf {
  const { users, roles, teams = 0, membersPerTeam = 0, serviceAccounts = 0, dormantOneIn = 10 } = options;
  const today = new Date().toISOString();
  const roleIds = Array.from({ length: roles }, (_, index) => uuid(2, index));
  const population = { roleIds, serviceAccounts, dormantOneIn, today };
  const permissionIds = Array.from({ length: 200 }, (_, index) => uuid(3, index));
  const roleOf = (id: string, index: number) => ({
    type: 'roles',
    id,
    attributes: { name: `Role ${index}`, created_at: '2025-01-01T00:00:00.000Z', user_count: users },
    relationships: { permissions: { data: permissionIds.map((one) => ({ id: one, type: 'permissions' })) } },
  });
  const included = [...roleIds.map(roleOf), ...permissionIds.map(permissionOf)];

  const membersOf: BodyOf = (path, size, number) => {
    const team = Number.parseInt(path.split('/')[4]?.slice(-12) ?? '0', 16);
    const rows = range(membersPerTeam, size, number).map((index) => ({
      type: 'team_memberships',
      id: `TeamMembership-${team}-${index}`,
      attributes: { role: null },
      relationships: { user: { data: { type: 'users', id: uuid(1, (team * membersPerTeam + index) % users) } } },
    }));
    return paged(rows, membersPerTeam);
  };

  return (path, size, number) => {
    if (path === '/api/v2/users')
      return {
        ...counted(
          range(users, size, number).map((index) => userOf(index, population)),
          users,
        ),
        included,
      };
    if (path === '/api/v2/roles') {
      return counted(
        range(roles, size, number).map((index) => roleOf(roleIds[index] ?? '', index)),
        roles,
      );
    }
    if (path === '/api/v2/permissions') return { data: permissionIds.map(permissionOf) };
    if (path === '/api/v2/team') {
      const rows = range(teams, size, number).map((index) => ({
        type: 'team',
        id: uuid(5, index),
        attributes: { handle: `team-${index}`, name: `Team ${index}`, is_managed: false },
      }));
      return paged(rows, teams);
    }
    if (path.endsWith('/memberships')) return membersOf(path, size, number);
    return counted([], 0);
  };
}

interface Population {
  readonly roleIds: readonly string[];
  readonly serviceAccounts: number;
  readonly dormantOneIn: number;
  readonly today: string;
}

function userOf(index: number, { roleIds, serviceAccounts, dormantOneIn, today }: Population) {
  const email = `person${String(index).padStart(6, '0')}@example.com`;
  const at = '2025-08-01T20:45:12.043180+00:00';
  return {
    type: 'users',
    id: uuid(1, index),
    attributes: {
      uuid: uuid(1, index),
      name: `Person ${index}`,
      handle: email,
      created_at: at,
      modified_at: at,
      email,
      icon: 'https://secure.gravatar.com/avatar/0123456789abcdef0123456789abcdef?s=48&d=retro',
      title: index % 3 === 0 ? null : 'Engineer',
      verified: true,
      service_account: index < serviceAccounts,
      disabled: false,
      allowed_login_methods: [],
      status: 'Active',
      mfa_enabled: index % 2 === 0,
      last_login_time: index % dormantOneIn === 0 ? at : today,
    },
    relationships: {
      roles: { data: [{ type: 'roles', id: roleIds[index % roleIds.length] }] },
      org: { data: { type: 'orgs', id: uuid(4, 0) } },
    },
  };
}
