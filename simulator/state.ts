import type { State } from './model.ts';

const collections = [
  'users',
  'invitations',
  'roles',
  'teams',
  'teamConnections',
  'teamSyncs',
  'apiKeys',
  'appKeys',
  'tokens',
  'authnMappings',
  'orgConfigs',
  'identityProviders',
  'authorizedClients',
  'auditEvents',
  'oddRows',
  'locks',
] as const;

export function emptyState(orgId: string, createdAt: string): State {
  return {
    org: { id: orgId, name: 'Example', publicId: orgId.slice(0, 11), createdAt },
    users: new Map(),
    invitations: new Map(),
    roles: new Map(),
    teams: new Map(),
    teamConnections: new Map(),
    teamSyncs: new Map(),
    apiKeys: new Map(),
    appKeys: new Map(),
    tokens: new Map(),
    authnMappings: new Map(),
    orgConfigs: new Map(),
    identityProviders: new Map(),
    authorizedClients: new Map(),
    auditEvents: new Map(),
    oddRows: new Map(),
    locks: new Map(),
    revoked: { apiKeys: [], appKeys: [] },
    counters: { membership: 1000 },
    primary: { apiKeyId: '', appKeyId: '' },
    clock: { offsetMs: 0 },
    habits: { stripsRolesAtLogin: false, defaultRoleId: null, neverAccept: 0 },
  };
}

/** Everything, keys in plain text included: the file is a simulator's. */
export function stateToJson(state: State): Record<string, unknown> {
  const lists = collections.map((name) => [name, [...state[name].values()]] as const);
  const { org, revoked, counters, primary, clock, habits } = state;
  return { version: 1, org, revoked, counters, primary, clock, habits, ...Object.fromEntries(lists) };
}

type Stored = { readonly version: number } & Pick<
  State,
  'org' | 'revoked' | 'counters' | 'primary' | 'clock' | 'habits'
> &
  Readonly<Record<(typeof collections)[number], readonly { readonly id: string }[]>>;

/** @throws TypeError when the text is not a state written by {@link stateToJson}, a SyntaxError when it is no JSON. */
export function stateFromText(text: string): State {
  const stored: Partial<Stored> | null = JSON.parse(text);
  if (stored?.version !== 1) {
    throw new TypeError(
      'stateFile: not a simulator state (expected "version": 1); delete the file or name another one',
    );
  }
  const state = emptyState('', '');
  for (const name of collections) {
    const list = stored[name];
    if (!Array.isArray(list))
      throw new TypeError(`stateFile: "${name}" is not a list; delete the file or name another one`);
    const target: Map<string, unknown> = state[name];
    for (const item of list) target.set(item.id, item);
  }
  const { org, revoked, counters, primary, clock, habits } = stored;
  return Object.assign(state, { org, revoked, counters, primary, clock, habits });
}

/** A deep copy, for reads that lag behind. */
export function copyState(state: State): State {
  return stateFromText(JSON.stringify(stateToJson(state)));
}
