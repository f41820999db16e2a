import type { ApproverSet, HrEvent, PersonRecord } from '../../domain/model.ts';
import type { AliasInventory } from './aliases.ts';
import type { LeaverInventory } from './leavers.ts';
import type { ScimInventory } from './scim.ts';
import type { TokenInventory } from './tokens.ts';
import type { ApprovalState, SyncDepth } from '../../domain/contracts.ts';
import type { Nhi, NhiKind } from '../../domain/sync/kinds.ts';
import type { FindingsStore } from './findings.ts';
import type {
  NhiFilter,
  NhiRow,
  NhiSweep,
  StandingKinds,
  TeamListRow,
  TeamMemberRow,
  TeamMembers,
  TeamRow,
  Written,
} from './nhis.ts';
import type { AwaitedLoginInventory } from './awaitedLogins.ts';
import type { CapabilityInventory } from './keyHealth.ts';
import type { DeliveryInventory } from './deliveries.ts';
import type { EntitlementIdInventory } from './entitlementIds.ts';
import type { WriteInventory } from './openWrites.ts';
import type {
  EvidenceEntry,
  EvidenceRow,
  EvidenceCheck,
  GrantRow,
  DatedDecision,
  ApprovalRow,
  AccountRow,
  RoleRow,
  RoleListRow,
  PersonRow,
  IntakeRow,
  Progress,
  ProcessFinish,
  PersonHistory,
  PendingInvitation,
  AccountsPage,
  AccountsSweep,
  SyncRunRow,
  SyncRunEnd,
} from './rows.ts';

/**
 * The inventory: Muster's memory. All lists that a person sees come from here. Every method is one transaction and
 * may be called again with the same arguments without a second effect. Times are ISO 8601 strings in UTC.
 */
export interface Inventory
  extends
    AsyncDisposable,
    CapabilityInventory,
    AliasInventory,
    AwaitedLoginInventory,
    LeaverInventory,
    EntitlementIdInventory,
    DeliveryInventory,
    FindingsStore,
    ScimInventory,
    TokenInventory,
    WriteInventory {
  /**
   * What is decided, with the link that says so: one transaction, both or neither. `work` uses `trx` alone, the
   * evidence last.
   */
  inTransaction<T>(work: (trx: RecordTransaction) => Promise<T>): Promise<T>;
  /** `sqlite` or `postgresql`. */
  readonly dialect: 'sqlite' | 'postgresql';
  close(): Promise<void>;

  // ── Intake: what HR said, from before the signal until it was applied ────────────────────────────────
  /** Remembers an event before it is signalled. `known` when the eventId is there already (nothing is changed then). */
  receiveEvent(event: HrEvent, receivedAt: string): Promise<'new' | 'known'>;
  /**
   * Of events a run has received: records those unknown to the intake (they came as a bare signal), and returns the
   * person's record together with the ids that were applied before.
   */
  admitEvents(
    personId: string,
    events: readonly HrEvent[],
    at: string,
  ): Promise<{ record: PersonRecord; applied: readonly string[] }>;
  /** Events not yet applied, oldest first. `receivedBefore` for the sweep that sends them again. */
  waitingEvents(filter: {
    personId?: string;
    receivedBefore?: string;
    offset?: number;
    limit: number;
  }): Promise<readonly IntakeRow[]>;
  /** The event with its outcome, for `--wait`. */
  findEvent(eventId: string): Promise<IntakeRow | undefined>;

  // ── People ────────────────────────────────────────────────────────────────────────────────────────────
  findPerson(personId: string): Promise<PersonRecord | undefined>;
  /** People whose current or previous e-mail is this one (case-folded). */
  findPeopleByEmail(email: string): Promise<readonly PersonRecord[]>;
  listPeople(filter: { employment?: string; limit: number; offset: number }): Promise<readonly PersonRow[]>;
  /** Binds an account to a person. `conflict` names the person it is bound to already; nothing is changed then. */
  bindAccount(personId: string, accountId: string, at: string): Promise<{ conflict?: string }>;
  /** The same by a person's decision: the account's e-mail counts as one of the person's from now on. */
  linkAccount(
    personId: string,
    account: { readonly id: string; readonly email: string },
    at: string,
  ): Promise<{ conflict?: string }>;
  unlinkAccount(personId: string): Promise<void>;
  personBoundTo(accountId: string): Promise<string | undefined>;
  /** Where a process stands now, for lists: phase, what it waits for, until when. */
  recordProgress(progress: Progress): Promise<void>;
  /** The end of a process for one event: outcome, positions of the lines, the person's new state, in one transaction. */
  finishProcess(finish: ProcessFinish): Promise<void>;
  /** Gives waiting events their outcome while the person's process goes on. */
  endEvents(personId: string, events: ProcessFinish['events'], at: string): Promise<void>;
  /** Everything on one person for `person show`. */
  personHistory(personId: string): Promise<PersonHistory | undefined>;

  // ── Who waits for acceptance ─────────────────────────────────────────────────────────────────────────
  recordInvitation(invitation: PendingInvitation): Promise<void>;
  /** Nobody waits for the person's acceptance or first login any more. */
  clearPending(personId: string): Promise<void>;
  listPending(personId?: string): Promise<readonly PendingInvitation[]>;

  // ── Approvals ────────────────────────────────────────────────────────────────────────────────────────
  openApproval(approval: ApprovalRow): Promise<void>;
  /** A counted decision, unique by its decisionId. */
  recordDecision(personId: string, decision: DatedDecision): Promise<void>;
  closeApproval(approvalId: string, personId: string, state: ApprovalState, at: string): Promise<void>;
  /** Gives an open approval to others. */
  reassignApproval(personId: string, approvalId: string, approvers: ApproverSet): Promise<void>;
  listApprovals(filter: { state?: ApprovalState; personId?: string }): Promise<readonly ApprovalRow[]>;

  // ── Grants: what Muster gave, by which reason ────────────────────────────────────────────────────────
  openGrant(grant: GrantRow): Promise<void>;
  closeGrant(personId: string, entitlement: { kind: string; id: string }, at: string): Promise<void>;
  listGrants(filter: {
    personId?: string;
    open?: boolean;
    limit: number;
    offset: number;
  }): Promise<readonly GrantRow[]>;

  // ── Accounts as last seen in Datadog (written by the sync and by processes) ──────────────────────────
  /** One page of a scan: insert or update what changed; unchanged rows are not written. Returns how many were. */
  writeAccounts(page: AccountsPage): Promise<{ added: number; changed: number }>;
  /** Takes a whole list; what is no longer in it is gone. */
  writeRoles(roles: readonly RoleRow[], seenAt: string): Promise<Written & { removed: number }>;
  listRoles(): Promise<readonly RoleListRow[]>;
  findAccount(accountId: string): Promise<AccountRow | undefined>;
  /** After a scan that was read whole: closes accounts that it did not see and that nobody wrote since. */
  sweepAccounts(sweep: AccountsSweep): Promise<{ removed: number; isWhole: boolean }>;
  /** What is there now. `keys` are keys and tokens of any kind. */
  countRows(): Promise<{ users: number; serviceAccounts: number; keys: number }>;
  /** `status` is an account status, of accounts that are there, or `gone`. */
  listAccounts(filter: {
    status?: string;
    serviceAccounts?: boolean;
    search?: string;
    limit: number;
    offset: number;
  }): Promise<readonly AccountRow[]>;

  // ── Teams and non-human identities ───────────────────────────────────────────────────────────────────
  /** Takes a whole list; what is no longer in it is gone, with its memberships. */
  writeTeams(teams: readonly TeamRow[], seenAt: string): Promise<Written & { removed: number }>;
  /** Takes the whole list of one team. */
  writeTeamMembers(members: TeamMembers): Promise<Written & { removed: number }>;
  listTeams(): Promise<readonly TeamListRow[]>;
  /** Open memberships, and those that have ended with `all`. */
  listTeamMembers(filter: { teamId?: string; accountId?: string; all?: boolean }): Promise<readonly TeamMemberRow[]>;
  /** Ids of the service accounts that are there. */
  serviceAccountIds(): Promise<readonly string[]>;
  writeNhis(nhis: readonly Nhi[], seenAt: string): Promise<Written>;
  sweepNhis(sweep: NhiSweep): Promise<{ removed: number }>;
  /** Closes keys and tokens of these kinds whose owner's account is gone. */
  sweepOwnerlessNhis(kinds: readonly NhiKind[], at: string): Promise<{ removed: number }>;
  /** Service accounts too, which are rows of the accounts. By kind and id. */
  listNhis(filter: NhiFilter): Promise<readonly NhiRow[]>;
  findNhi(nhiId: string): Promise<NhiRow | undefined>;
  /** Declares who answers for it; `undefined` takes the declaration back. */
  setNhiOwner(nhiId: string, personId: string | undefined, at: string): Promise<void>;

  // ── Sync runs ────────────────────────────────────────────────────────────────────────────────────────
  startSyncRun(run: { runId: string; depth: SyncDepth; startedAt: string }): Promise<void>;
  finishSyncRun(end: SyncRunEnd): Promise<void>;
  /** How completely each kind was read, by the last finished full run, and when it was last read whole. */
  standingKinds(): Promise<StandingKinds>;
  listSyncRuns(limit: number): Promise<readonly SyncRunRow[]>;

  // ── Evidence: append-only ────────────────────────────────────────────────────────────────────────────
  /** Appends one link. Unique by (eventId, step, personId): a retry adds no second one. */
  appendEvidence(entry: EvidenceEntry): Promise<void>;
  listEvidence(filter: { personId?: string; limit: number; offset: number }): Promise<readonly EvidenceRow[]>;
  /**
   * Walks the whole chain: finds a link that was altered, removed or moved, by its `seq`. `noted` is a link that was written
   * down elsewhere: a chain that was cut off before it, or rebuilt, holds in itself.
   */
  verifyEvidence(noted?: Pick<EvidenceRow, 'seq' | 'hash'>): Promise<EvidenceCheck>;
}

/** What may be changed together with its link of evidence, by a person as a rule, with what has to be read for it. */
export type RecordTransaction = Pick<
  Inventory,
  | 'findPerson'
  | 'bindAccount'
  | 'linkAccount'
  | 'unlinkAccount'
  | 'endEvents'
  | 'finishProcess'
  | 'writeAccounts'
  | 'openGrant'
  | 'recordDecision'
  | 'closeApproval'
  | 'reassignApproval'
  | 'releaseHeld'
  | 'decideQuarantine'
  | 'muteFinding'
  | 'findNhi'
  | 'setNhiOwner'
  | 'forgetEntitlementId'
  | 'createToken'
  | 'revokeToken'
  | 'appendEvidence'
>;
