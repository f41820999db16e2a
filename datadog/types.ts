import type { Nhi, TeamMember } from '../domain/sync/kinds.ts';
import type { Access, Account, AccountStatus, Entitlement, Invitation, ResolvedEntitlement } from '../domain/model.ts';

/** One Datadog organization behind one pair of keys: connections, rate limit and caches are shared by all attempts. */
export interface DatadogClient extends AsyncDisposable {
  /** Such as `https://api.datadoghq.eu`, or a simulator's loopback address. */
  readonly baseUrl: string;
  /** All HTTP of one attempt shares one deadline and one cancellation. */
  attempt(options?: AttemptOptions): Datadog;
  close(): Promise<void>;
}

export interface AttemptOptions {
  /** Cancels what is in flight. */
  readonly signal?: AbortSignal;
  /** From now until the last byte of the last answer; below the activity's startToClose. Default 12 seconds. */
  readonly deadlineMs?: number;
  /** Of one request; default as long as the attempt. */
  readonly requestDeadlineMs?: number;
  /** A sync's requests yield to those of processes in the rate limiter. Default `process`. */
  readonly priority?: 'process' | 'sync';
}

/**
 * The calls that Muster makes. Reads return "not found" as data; every other failure is a `DatadogFailure` of the
 * closed table. `ensure…` reads first, writes what is missing, and takes "already so" as success.
 */
export interface Datadog {
  // accounts
  /** All accounts, human or not, whose e-mail equals this one (case-folded). `GET /users?filter=` is a substring search. */
  findAccountsByEmail(email: string): Promise<readonly Account[]>;
  /** The same, and those whose handle it is: a handle keeps the first e-mail for ever. */
  findAccountsByAddress(address: string): Promise<readonly Account[]>;
  getAccount(id: string): Promise<Account | undefined>;
  /** Creates without roles; sends no e-mail. Throws `Conflict` where the address, or a handle equal to it, exists. */
  createAccount(account: { email: string; name?: string; title?: string }, hooks?: WriteHooks): Promise<Account>;
  /** Patches what differs. A name goes through `fitName` first, here and in creating: what Datadog refuses is cut. */
  ensureAttributes(
    id: string,
    wanted: { email?: string; name?: string; title?: string },
    hooks?: WriteHooks,
  ): Promise<Ensured<Account>>;
  ensureEnabled(id: string, hooks?: WriteHooks): Promise<Ensured<Account>>;
  /**
   * Disables; a 404 from an account that reads back as disabled is success. Throws `UnexpectedResponse`, to be tried again,
   * where the account does not read back as disabled.
   */
  ensureDisabled(id: string, hooks?: WriteHooks): Promise<Ensured<Account>>;
  /** At least once: a lost reply may cost one more e-mail. */
  sendInvitation(accountId: string, hooks?: WriteHooks): Promise<Invitation>;
  /** Not changed where the account is gone. */
  cancelInvitations(accountId: string, hooks?: WriteHooks): Promise<Changed>;

  // grants
  /** Names to ids, from a cache of a minute, and whether a role is privileged. A name that is missing or ambiguous throws `UnknownEntitlement`, with similar names. */
  resolve(
    entitlements: readonly Entitlement[],
    /** The id that each had before, by `entitlementKey` with the name as id: it stays, also under another name. */
    knownIds?: ReadonlyMap<string, string>,
  ): Promise<readonly ResolvedEntitlement[]>;
  /** What the account holds, with names; teams where `teams_read` allows, and unless they are not to be asked for. */
  getAccess(accountId: string, options?: { readonly withoutTeams?: boolean }): Promise<Access | undefined>;
  /** Throws `Conflict` for a team that is managed outside Datadog, where something would have to be written. */
  ensureGranted(accountId: string, entitlement: ResolvedEntitlement, hooks?: WriteHooks): Promise<Changed>;
  ensureRevoked(accountId: string, entitlement: ResolvedEntitlement, hooks?: WriteHooks): Promise<Changed>;
  /** Accounts that hold the role. */
  listRoleMembers(roleId: string): Promise<readonly Account[]>;
  /** Names of permissions that the role gives, read afresh. */
  rolePermissions(roleId: string): Promise<readonly string[]>;

  // snapshot
  /**
   * `total` counts all accounts that match, `number` counts pages from 0. Without `size` the first page comes in the largest
   * size that the server honors, which `size` then says.
   */
  listAccountsPage(page: {
    number: number;
    size?: number;
    status?: readonly AccountStatus[];
    /** Asked for, not promised: the documentation of this list's orders is vague. */
    order?: 'latestChange';
    /** Taken before the answer is parsed; whoever called gives it back when done with the page. A failure gives it back. */
    turn?: Turn;
  }): Promise<{ accounts: readonly Account[]; total: number; size: number }>;
  /** Like every list for a sync: whole, or a failure. */
  listRoles(): Promise<readonly { id: string; name: string; isManaged: boolean; permissionIds: readonly string[] }[]>;
  listTeams(): Promise<readonly { id: string; handle: string; name: string; isManaged: boolean }[]>;
  /** Undefined where the team is gone. */
  listTeamMembers(teamId: string): Promise<readonly TeamMember[] | undefined>;
  listNhis(kind: ListedNhiKind): Promise<readonly Nhi[]>;
  /** Of one service account; undefined where Datadog has no such list. */
  listOwnedNhis(accountId: string, kind: OwnedNhiKind): Promise<readonly Nhi[] | undefined>;
  /** Names by permission id. */
  listPermissions(): Promise<ReadonlyMap<string, string>>;
  /**
   * What dies with the account, and what outlives it. `notVisible` names the permission that would show it; what takes one
   * of the `refused` is not asked for.
   */
  listOwnedKeys(accountId: string, refused?: ReadonlySet<string>): Promise<OwnedKeys>;
  currentUser(): Promise<{ account: Account; permissions: readonly string[] }>;
  /** Reads only, never PATCH or DELETE: whether the key may do it. `unknown` where no reading call can tell. */
  probe(capability: Capability): Promise<'yes' | 'no' | 'unknown'>;
  /** Both keys, judged by the site: `valid`, or which of them is refused. */
  validateKeys(): Promise<'valid' | 'apiKeyRefused' | 'applicationKeyRefused'>;
  /** Requests sent by this attempt so far. */
  readonly requests: number;
}

/** One at a time: of several pages in flight only one is held as objects. */
export interface Turn {
  take(): Promise<void>;
  give(): void;
}

/** Told around the request that changes something. */
export interface WriteHooks {
  /** Where something will be written, at the last moment, with the account as it was read; what it throws prevents it. */
  readonly before?: (found?: Account) => Promise<void>;
  /** Datadog has refused it: nothing was written by it. */
  readonly refused?: () => Promise<void>;
}

/** `changed` says whether this call wrote. */
export interface Changed {
  readonly changed: boolean;
}

/** `before` is what it had read. */
export interface Ensured<T> extends Changed {
  readonly before?: T;
  readonly after?: T;
}

export const capabilities = [
  'user_access_read',
  'user_access_invite',
  'user_access_manage',
  'teams_read',
  'api_keys_read',
  'org_app_keys_read',
  'org_authorized_apps_read',
  'audit_logs_read',
  'service_account_write',
] as const;
export type Capability = (typeof capabilities)[number];

/** What a process does without where the key lacks it. */
export const optionalCapabilities = [
  'teams_read',
  'api_keys_read',
  'org_app_keys_read',
] as const satisfies readonly Capability[];
export type OptionalCapability = (typeof optionalCapabilities)[number];

/** Kinds with one list for the organization, and kinds with one a service account. */
export type ListedNhiKind = 'apiKey' | 'applicationKey' | 'personalAccessToken' | 'oauthClient' | 'authnMapping';
export type OwnedNhiKind = 'serviceAccountKey' | 'serviceAccountToken';

export interface OwnedKeys {
  readonly applicationKeys: readonly KeySummary[];
  readonly apiKeys: readonly KeySummary[];
  readonly notVisible: readonly string[];
}

/** Never the key itself. */
export interface KeySummary {
  readonly id: string;
  readonly name: string;
  readonly last4?: string;
}
