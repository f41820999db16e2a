import type { AttributeChanges } from '../domain/access/attributes.ts';
import type { Nhi, TeamMember } from '../domain/sync/kinds.ts';
import type { OddRow } from '../domain/sync/oddRows.ts';
import type { Access, Account, AccountStatus, Entitlement, Invitation, ResolvedEntitlement } from '../domain/model.ts';

/** One Datadog organization behind one pair of keys: connections, rate limit and caches are shared by all attempts. */
export interface DatadogClient extends AsyncDisposable {
  /** Such as `https://api.datadoghq.eu`, or a simulator's loopback address. */
  readonly baseUrl: string;
  /** All HTTP of one attempt shares one deadline and one cancellation. */
  attempt(options?: AttemptOptions): Datadog;
  close(): Promise<void>;
}

export type Priority = 'leaver' | 'process' | 'sync';

export interface AttemptOptions {
  /** Cancels what is in flight. */
  readonly signal?: AbortSignal;
  /** From now until the last byte of the last response; below the activity's startToClose. Default 12 seconds. */
  readonly deadlineMs?: number;
  /** For one request; default as long as the attempt. */
  readonly requestDeadlineMs?: number;
  /** Who goes first in the rate limiter: a leaver before all others, a sync after them. Default `process`. */
  readonly priority?: Priority;
}

export interface ReadAccount extends Account {
  /** Datadog has not shown them: `roleIds` says nothing. */
  readonly areRolesUnread?: true;
}

/**
 * The calls that change nothing. "Not found" comes as data; every other failure is a `DatadogFailure` of the closed
 * table.
 */
export interface DatadogReads {
  // accounts
  /** All accounts, human or not, whose e-mail equals this one (case-folded). `GET /users?filter=` is a substring search. */
  findAccountsByEmail(email: string): Promise<readonly Account[]>;
  /** The same, and those whose handle it is: a handle keeps the first e-mail forever. */
  findAccountsByAddress(address: string): Promise<readonly Account[]>;
  /** Throws `UnexpectedResponse` for one that is shown without its roles, unless they are not needed. */
  getAccount(id: string, options?: { readonly withoutRoles?: boolean }): Promise<ReadAccount | undefined>;

  // entitlements
  /** Names to ids, from a cache of a minute, and whether a role is privileged. A name that is missing or ambiguous throws `UnknownEntitlement`, with similar names. */
  resolve(
    entitlements: readonly Entitlement[],
    /** The id that each had before, by `entitlementKey` with the name as id: it stays, also under another name. */
    knownIds?: ReadonlyMap<string, string>,
  ): Promise<readonly ResolvedEntitlement[]>;
  /** What the account holds, with names; teams where `teams_read` allows them, unless they are not wanted. */
  getAccess(accountId: string, options?: { readonly withoutTeams?: boolean }): Promise<Access | undefined>;
  /** The teams of an account. Throws `NotFound` where the account is gone. */
  listTeamsOf(accountId: string): Promise<Access['teams']>;
  /** Throws `Conflict` for a team that is managed outside Datadog: Muster cannot write to it. */
  refuseManaged(entitlement: ResolvedEntitlement): Promise<void>;
  /** Accounts that hold the role. */
  listRoleMembers(roleId: string): Promise<readonly Account[]>;
  /** Names of permissions that the role grants, read afresh: none where it is gone. */
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
    /** Taken before the response is parsed; the caller returns it when done with the page. A failure returns it too. */
    turn?: Turn;
  }): Promise<{
    accounts: readonly Account[];
    /** Ids of those that could not be read; undefined for one without an id. They are there all the same. */
    unread: readonly (string | undefined)[];
    total: number;
    size: number;
  }>;
  /** Like every list for a sync: whole, or a failure. */
  listRoles(): Promise<readonly { id: string; name: string; isManaged: boolean; permissionIds: readonly string[] }[]>;
  listTeams(): Promise<readonly { id: string; handle: string; name: string; isManaged: boolean }[]>;
  /** Undefined where the team is gone. Not whole where a member could not be read. */
  listTeamMembers(
    teamId: string,
  ): Promise<{ readonly members: readonly TeamMember[]; readonly isWhole: boolean } | undefined>;
  listNhis(kind: ListedNhiKind): Promise<readonly Nhi[]>;
  /** The keys or tokens of one service account; undefined where Datadog has no such list. */
  listOwnedNhis(accountId: string, kind: OwnedNhiKind): Promise<readonly Nhi[] | undefined>;
  /** Names by permission id. */
  listPermissions(): Promise<ReadonlyMap<string, string>>;
  /**
   * Keys that die with the account, and those that outlive it. `notVisible` names the permission that would show them;
   * lists that need one of the `refused` are not read.
   */
  listOwnedKeys(accountId: string, refused?: ReadonlySet<string>): Promise<OwnedKeys>;
  currentUser(): Promise<{ account: Account; permissions: readonly string[] }>;
  /** Reads only, never PATCH or DELETE: whether the key may do it. `unknown` where no reading call can tell. */
  probe(capability: Capability): Promise<'yes' | 'no' | 'unknown'>;
  /** Both keys, judged by the site: `valid`, or which of them is refused. */
  validateKeys(): Promise<'valid' | 'apiKeyRefused' | 'applicationKeyRefused'>;
  /** Rows of lists that this attempt could not read, or not wholly, each once. */
  readonly oddRows: () => readonly OddRow[];
  noteOdd(row: OddRow): void;
  /** Requests sent by this attempt so far. */
  readonly requests: number;
}

/**
 * Every call that changes something in Datadog: one request each, never repeated by itself, which throws what Datadog
 * refuses. Whether it is owed, and what became of it, is for `activities/person/ensure.ts` to find out.
 */
export interface DatadogWrites {
  /** Creates without roles; sends no e-mail. Throws `Conflict` where the address, or a handle equal to it, exists. */
  createAccount(account: AttributeChanges & { readonly email: string }): Promise<Account>;
  /** A name goes through `fitName` first, here and in creating: what Datadog refuses is cut. */
  updateAccount(id: string, changes: AttributeChanges): Promise<Account>;
  enableAccount(id: string): Promise<Account>;
  /** Throws `NotFound` for an account that is disabled already. */
  disableAccount(id: string): Promise<void>;
  /** A lost reply may cost one more e-mail. */
  sendInvitation(accountId: string): Promise<Invitation>;
  /** Throws `NotFound` where there is nothing to cancel. */
  cancelInvitations(accountId: string): Promise<void>;
  /** Throws `Conflict` for what is held already. The reply lists the first members only, so it says nothing. */
  assign(accountId: string, entitlement: ResolvedEntitlement): Promise<void>;
  /** Throws `NotFound` for what is not held. */
  remove(accountId: string, entitlement: ResolvedEntitlement): Promise<void>;
}

/** One log of Datadog: all fields are text. */
export type LogItem = Readonly<Record<'ddsource' | 'service' | 'message', string>> & Readonly<Record<string, string>>;

export interface DatadogLogs {
  /**
   * Adds them to the organization's logs, in one request: at most 1,000, of 5 MB together. Needs the API key alone. A lost
   * reply may have added them.
   */
  sendLogs(items: readonly LogItem[]): Promise<void>;
}

export type Datadog = DatadogReads & DatadogWrites & DatadogLogs;

/** One at a time: of several pages in flight only one is held as objects. */
export interface Turn {
  take(): Promise<void>;
  give(): void;
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

interface OwnedKeys {
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
