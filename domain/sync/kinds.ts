/** Non-human identities, teams, and how completely a sync read each kind. */

export const nhiKinds = [
  'serviceAccount',
  'apiKey',
  'applicationKey',
  'serviceAccountKey',
  'serviceAccountToken',
  'personalAccessToken',
  'oauthClient',
  'authnMapping',
] as const;
export type NhiKind = (typeof nhiKinds)[number];

/** Keys and tokens: each is a secret that somebody keeps. */
export const secretKinds: readonly NhiKind[] = [
  'apiKey',
  'applicationKey',
  'serviceAccountKey',
  'serviceAccountToken',
  'personalAccessToken',
];

/** An identity or credential that is no person's login. It comes from lists only, so it never holds the secret. */
export interface Nhi {
  readonly id: string;
  readonly kind: NhiKind;
  readonly name: string;
  /** The account that owns it or, for an API key, created it. */
  readonly ownerAccountId?: string;
  /** `null`: unscoped, all that its owner may do. Absent where the kind has no scopes. */
  readonly scopes?: readonly string[] | null;
  readonly createdAt?: string;
  /** Absent: never, or not within the time that Datadog remembers. */
  readonly lastUsedAt?: string;
  /** Absent: it does not expire. */
  readonly expiresAt?: string;
  readonly last4?: string;
  /** Further fields of this kind, such as the attribute and the role of an `authnMapping`. */
  readonly details: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
}

export interface TeamMember {
  readonly accountId: string;
  readonly isAdmin: boolean;
}

/** The kinds that a full sync reads. Service accounts come with `accounts`, members with `teams`. */
export const syncKinds = [
  'accounts',
  'roles',
  'teams',
  'apiKey',
  'applicationKey',
  'serviceAccountKey',
  'serviceAccountToken',
  'personalAccessToken',
  'oauthClient',
  'authnMapping',
] as const;
export type SyncKind = (typeof syncKinds)[number];

/** The permission that a key needs to read a kind. */
export const kindPermissions: Readonly<Record<SyncKind, string>> = {
  accounts: 'user_access_read',
  roles: 'user_access_read',
  teams: 'teams_read',
  apiKey: 'api_keys_read',
  applicationKey: 'org_app_keys_read',
  serviceAccountKey: 'service_account_write',
  serviceAccountToken: 'service_account_write',
  personalAccessToken: 'org_app_keys_read',
  oauthClient: 'org_authorized_apps_read',
  authnMapping: 'user_access_read',
};

/**
 * `notVisible`: the key may not read it; its rows stay as they were last seen. `incomplete`: reading it failed. Only a
 * complete kind is swept, and only its findings may close.
 */
export type KindState =
  | { readonly state: 'complete' }
  | { readonly state: 'notVisible'; readonly permission: string }
  | { readonly state: 'incomplete'; readonly reason: string };

export type KindStates = Readonly<Partial<Record<SyncKind, KindState>>>;
