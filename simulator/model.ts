export interface User {
  readonly id: string;
  name: string | null;
  /** The lower-cased e-mail at creation, or a service account's own id; never changes. */
  readonly handle: string;
  email: string;
  icon: string;
  title: string | null;
  verified: boolean;
  disabled: boolean;
  readonly serviceAccount: boolean;
  readonly createdAt: string;
  modifiedAt: string;
  lastLoginTime: string | null;
  roleIds: string[];
}

export type UserStatus = 'Active' | 'Pending' | 'Disabled';

export interface Invitation {
  readonly id: string;
  readonly userId: string;
  readonly type: 'basic_invite' | 'basic_reminder' | 'openid_invite';
  readonly createdAt: string;
  readonly expiresAt: string;
  state: 'open' | 'accepted' | 'cancelled';
}

export interface Role {
  readonly id: string;
  name: string;
  readonly managed: boolean;
  readonly createdAt: string;
  modifiedAt: string;
  readonly createdBy: string | null;
  modifiedBy: string | null;
  permissionIds: string[];
}

export interface Membership {
  readonly id: string;
  readonly userId: string;
  role: 'admin' | null;
  readonly provisionedBy: 'service_account' | 'saml_mapping' | null;
  readonly provisionedById: string | null;
}

export interface Team {
  readonly id: string;
  name: string;
  handle: string;
  summary: string | null;
  description: string | null;
  avatar: string | null;
  banner: number | null;
  visibleModules: string[] | null;
  hiddenModules: string[] | null;
  isManaged: boolean;
  readonly createdAt: string;
  modifiedAt: string;
  memberships: Membership[];
  settings: { manage_membership: string; edit: string };
}

export interface TeamConnection {
  readonly id: string;
  readonly teamId: string;
  readonly connectedTeamId: string;
  readonly source: string;
  readonly managedBy: string;
}

interface TeamSync {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ApiKey {
  readonly id: string;
  readonly key: string;
  name: string;
  category: string;
  remoteConfigReadEnabled: boolean;
  readonly createdAt: string;
  modifiedAt: string;
  readonly createdBy: string;
  modifiedBy: string;
  lastUsedAt: string | null;
}

export interface AppKey {
  readonly id: string;
  readonly key: string;
  readonly ownerId: string;
  name: string;
  readonly createdAt: string;
  lastUsedAt: string | null;
  /** Null: unscoped, everything its owner may do. */
  scopes: string[] | null;
}

export interface Token {
  readonly id: string;
  readonly key: string;
  readonly kind: 'personal' | 'service';
  readonly publicPortion: string;
  readonly ownerId: string;
  name: string;
  readonly createdAt: string;
  modifiedAt: string | null;
  readonly expiresAt: string | null;
  lastUsedAt: string | null;
  scopes: string[];
}

export interface AuthnMapping {
  readonly id: string;
  attributeKey: string;
  attributeValue: string;
  readonly createdAt: string;
  modifiedAt: string;
  roleId: string | null;
  teamId: string | null;
}

export interface OrgConfig {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly valueType: 'bool' | 'string' | 'number';
  value: unknown;
  modifiedAt: string | null;
}

export interface IdentityProvider {
  readonly id: string;
  readonly method: string;
  enabled: boolean;
}

export interface AuthorizedClient {
  readonly id: string;
  readonly name: string;
  disabled: boolean;
  readonly lastExercised: string | null;
  readonly createdAt: string;
  readonly userIds: string[];
}

export interface AuditEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly name: string;
  readonly action: string;
  readonly assetType: string;
  readonly assetId: string;
  readonly actorId: string | null;
}

/** How rows of one object differ from those that Datadog describes. Paths are such as `attributes.name`. */
export interface OddRow {
  readonly id: string;
  readonly omit: readonly string[];
  readonly set: Readonly<Record<string, unknown>>;
}

/** What every write to one user or team is refused with, because another system owns it. */
export interface Lock {
  readonly id: string;
  readonly status: number;
  readonly errors: readonly string[];
}

/** What an organization does by itself. */
export interface Habits {
  /** Whoever logs in keeps only the roles that a mapping gives. */
  stripsRolesAtLogin: boolean;
  /** Comes with an account that is created without a role. */
  defaultRoleId: string | null;
  /** The share of invited people who never accept by themselves, from 0 to 1. */
  neverAccept: number;
}

export interface State {
  readonly org: { readonly id: string; readonly name: string; readonly publicId: string; readonly createdAt: string };
  readonly users: Map<string, User>;
  readonly invitations: Map<string, Invitation>;
  readonly roles: Map<string, Role>;
  readonly teams: Map<string, Team>;
  readonly teamConnections: Map<string, TeamConnection>;
  readonly teamSyncs: Map<string, TeamSync>;
  readonly apiKeys: Map<string, ApiKey>;
  readonly appKeys: Map<string, AppKey>;
  readonly tokens: Map<string, Token>;
  readonly authnMappings: Map<string, AuthnMapping>;
  readonly orgConfigs: Map<string, OrgConfig>;
  readonly identityProviders: Map<string, IdentityProvider>;
  readonly authorizedClients: Map<string, AuthorizedClient>;
  readonly auditEvents: Map<string, AuditEvent>;
  readonly oddRows: Map<string, OddRow>;
  readonly locks: Map<string, Lock>;
  readonly revoked: { apiKeys: ApiKey[]; appKeys: AppKey[] };
  readonly counters: { membership: number };
  /** The pair returned to the caller that starts the simulator. */
  readonly primary: { apiKeyId: string; appKeyId: string };
  /** How far the simulator's clock is ahead of the one it was given. */
  readonly clock: { offsetMs: number };
  readonly habits: Habits;
}
