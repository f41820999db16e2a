import type { Kysely } from 'kysely';
import type { ApprovalState, SyncDepth, SyncSummary } from '../../domain/contracts.ts';
import type {
  Account,
  AccountStatus,
  ApprovalRequest,
  Employment,
  Entitlement,
  HrEvent,
  Outcome,
  PersonAttributes,
  PersonRecord,
  Phase,
  ProcessType,
} from '../../domain/model.ts';
import type { KindState, Nhi, NhiKind, SyncKind } from '../../domain/sync/kinds.ts';
import type { FindingKind, Severity } from '../../domain/findings/catalog.ts';
import type { QuarantineState, RepairCandidate } from '../port/findings.ts';
import type { AccessBefore } from '../port/leavers.ts';
import type { Json } from '../port/json.ts';
import type { ScimRow } from '../port/scim.ts';
import type { TokenRole } from '../port/tokens.ts';
import type { AwaitedLogin } from '../port/awaitedLogins.ts';
import type { KeyHealth, OwedPart } from '../port/keyHealth.ts';
import type { OpenWrite } from '../port/openWrites.ts';
import type { DatedDecision, EvidenceEntry, GrantRow } from '../port/rows.ts';
import type { Found } from '../../domain/findings/found.ts';

/**
 * The rows as they are stored, the same in SQLite and PostgreSQL: text, integers, JSON as text, flags as 0 and 1, times as
 * ISO 8601 in UTC (so that their order is the order of text).
 */
export interface Schema {
  people: PeopleTable;
  previousEmails: PreviousEmailsTable;
  progress: ProgressTable;
  intake: IntakeTable;
  deliveries: DeliveriesTable;
  pendingInvitations: PendingInvitationsTable;
  awaitedLogins: AwaitedLogin;
  approvals: ApprovalsTable;
  decisions: DecisionsTable;
  grants: GrantsTable;
  accounts: AccountsTable;
  accountRoles: AccountRolesTable;
  roles: RolesTable;
  scans: ScansTable;
  scanPages: ScanPagesTable;
  teams: TeamsTable;
  teamMembers: TeamMembersTable;
  nhis: NhisTable;
  nhiOwners: NhiOwnersTable;
  syncRuns: SyncRunsTable;
  syncRunKinds: SyncRunKindsTable;
  findings: FindingsTable;
  completeRosters: CompleteRostersTable;
  repairs: RepairsTable;
  repairRejections: RepairRejectionsTable;
  quarantines: QuarantinesTable;
  evidence: EvidenceTable;
  evidenceHead: EvidenceHeadTable;
  openWrites: OpenWritesTable;
  musterSchema: MusterSchemaTable;
  tokens: TokensTable;
  aliases: AliasesTable;
  entitlementIds: EntitlementIdsTable;
  keyHealth: KeyHealth;
  owedParts: OwedPart;
  disables: DisablesTable;
  leases: LeasesTable;
  accessBefore: AccessBeforeTable;
  absences: AbsencesTable;
  scimResources: ScimResourcesTable;
  scimMembers: ScimMembersTable;
}

/** A connection or a transaction: every query function takes one. */
export type Db = Kysely<Schema>;

interface PeopleTable {
  personId: string;
  /** Case-folded, for search; as HR wrote it it stands in `attributes`. */
  email: string | null;
  attributes: Json<PersonAttributes> | null;
  employment: Employment;
  accountId: string | null;
  boundAt: string | null;
  lines: Json<PersonRecord['lines']>;
  /** When the last process ended: what is older came late and changes nothing. */
  finishedAt: string | null;
}

interface PreviousEmailsTable {
  personId: string;
  email: string;
  since: string;
}

interface ProgressTable {
  personId: string;
  process: ProcessType;
  phase: Phase;
  waitingFor: string | null;
  until: string | null;
  at: string;
}

interface IntakeTable {
  eventId: string;
  personId: string;
  event: Json<HrEvent>;
  receivedAt: string;
  appliedAt: string | null;
  outcome: Json<Outcome> | null;
}

interface DeliveriesTable {
  source: string;
  messageId: string;
  acceptedAt: string;
}

interface PendingInvitationsTable {
  personId: string;
  accountId: string;
  invitationId: string | null;
  sentAt: string | null;
  expiresAt: string | null;
}

interface ApprovalsTable {
  personId: string;
  approvalId: string;
  requestedAt: string;
  request: Json<ApprovalRequest>;
  state: ApprovalState;
  deadline: string;
  closedAt: string | null;
}

interface DecisionsTable {
  personId: string;
  decisionId: string;
  approvalId: string;
  /** Of the request that it was given for; the same access may be asked for again later. */
  requestedAt: string | null;
  at: string;
  decision: Json<DatedDecision>;
}

interface GrantsTable {
  personId: string;
  accountId: string;
  kind: Entitlement['kind'];
  entitlementId: string;
  name: string;
  since: string;
  until: string | null;
  reason: GrantRow['reason'];
  because: string | null;
}

interface AccountsTable {
  accountId: string;
  email: string;
  status: AccountStatus;
  isServiceAccount: number;
  /** Case-folded e-mail, handle and name. */
  search: string;
  /** The account as canonical JSON: compared to see whether anything changed. */
  account: Json<Account>;
  firstSeenAt: string;
  /** When this row last changed; while it is there it was also seen by every later scan that was swept. */
  writtenAt: string;
  lastSeenAt: string;
  goneAt: string | null;
}

interface AccountRolesTable {
  accountId: string;
  roleId: string;
  since: string;
  until: string | null;
}

interface RolesTable {
  roleId: string;
  name: string;
  isManaged: number;
  permissions: Json<readonly string[]>;
  firstSeenAt: string;
  writtenAt: string;
  goneAt: string | null;
}

interface TeamsTable {
  teamId: string;
  handle: string;
  name: string;
  isManaged: number;
  firstSeenAt: string;
  writtenAt: string;
  goneAt: string | null;
}

interface TeamMembersTable {
  teamId: string;
  accountId: string;
  isAdmin: number;
  since: string;
  until: string | null;
}

/** Service accounts are not in it: they are rows of `accounts`, and lists show both. */
interface NhisTable {
  nhiId: string;
  kind: NhiKind;
  name: string;
  ownerAccountId: string | null;
  /** As canonical JSON: compared to see whether anything changed. */
  nhi: Json<Nhi>;
  firstSeenAt: string;
  writtenAt: string;
  lastSeenAt: string;
  goneAt: string | null;
}

/** Who answers for a service account or a key, as the inventory was told. Stays when the row it is about goes. */
interface NhiOwnersTable {
  nhiId: string;
  personId: string;
  setAt: string;
}

/** How completely one run read one kind, and when it began to. */
interface SyncRunKindsTable {
  runId: string;
  kind: SyncKind;
  state: KindState['state'];
  permission: string | null;
  reason: string | null;
  readAt: string;
}

interface ScansTable {
  scanId: string;
  lastPageAt: string;
  sweptAt: string | null;
  removed: number | null;
}

interface ScanPagesTable {
  scanId: string;
  /** Hash of the ids, so that a page that is written again is one page. */
  page: string;
  accountIds: Json<readonly string[]>;
}

interface SyncRunsTable {
  runId: string;
  depth: SyncDepth;
  startedAt: string;
  finishedAt: string | null;
  summary: Json<SyncSummary> | null;
  reason: string | null;
}

interface FindingsTable {
  findingId: string;
  kind: FindingKind;
  subject: string;
  /** The id of the row it was found at: pages of rows are compared with what is on record between two ids. */
  scope: string;
  name: string;
  severity: Severity;
  personId: string | null;
  accountId: string | null;
  evidence: Json<Found['evidence']>;
  openedAt: string;
  closedAt: string | null;
  mutedUntil: string | null;
  muteReason: string | null;
  mutedAt: string | null;
}

/** Sources of which a complete roster was applied, and when last. */
interface CompleteRostersTable {
  source: string;
  appliedAt: string;
}

/** What a sync asked to be mended; a batch that was allowed counts as a run. */
interface RepairsTable {
  runId: string;
  subject: string;
  personId: string;
  at: string;
}

interface RepairRejectionsTable {
  subject: string;
  batchId: string;
  at: string;
}

interface QuarantinesTable {
  batchId: string;
  runId: string;
  openedAt: string;
  state: QuarantineState;
  budget: number;
  people: Json<readonly RepairCandidate[]>;
  decidedAt: string | null;
  decidedBy: string | null;
  reason: string | null;
}

interface EvidenceTable {
  seq: number;
  personId: string;
  eventId: string;
  step: string;
  /** Canonical JSON: exactly what was hashed. */
  entry: Json<EvidenceEntry>;
  hash: string;
}

/** One row: where the chain ends. Without it a chain that lost its last link would still look whole. */
interface EvidenceHeadTable {
  id: number;
  seq: number;
  hash: string;
}

interface MusterSchemaTable {
  version: number;
  appliedAt: string;
}

interface OpenWritesTable {
  personId: string;
  /** Empty while the account is being created. */
  accountId: string;
  step: string;
  asked: number;
  askedAt: string;
  write: Json<Pick<OpenWrite, 'wanted' | 'entry'>>;
}

interface DisablesTable {
  eventId: string;
  personId: string;
  /** `observed`: was only said, since the policy observes. */
  state: 'admitted' | 'held' | 'rejected' | 'observed';
  askedAt: string;
  /** From when on it counts against the budget. */
  admittedAt: string | null;
  /** Who let it go, or rejected it. */
  actor: string | null;
  reason: string | null;
}

interface LeasesTable {
  name: string;
  holder: string;
  until: string;
}

interface AccessBeforeTable {
  personId: string;
  accountId: string;
  eventId: string;
  at: string;
  access: Json<AccessBefore['access']>;
}

interface EntitlementIdsTable {
  kind: Entitlement['kind'];
  name: string;
  id: string;
  since: string;
}

interface AliasesTable {
  source: string;
  /** Of a source without ids `email:` and the first e-mail it gave. */
  externalId: string;
  personId: string;
  isAuthoritative: number;
  boundAt: string;
}

interface AbsencesTable {
  source: string;
  personId: string;
  since: string;
  /** Name of the file that was the first not to name them. */
  roster: string | null;
}

interface ScimResourcesTable {
  source: string;
  id: string;
  resourceType: ScimRow['resourceType'];
  name: string;
  externalId: string | null;
  personId: string | null;
  boundAs: string | null;
  version: number;
  resource: ScimRow['resource'];
  createdAt: string;
  lastModifiedAt: string;
}

interface ScimMembersTable {
  source: string;
  groupId: string;
  memberId: string;
}

interface TokensTable {
  tokenId: string;
  /** SHA-256 of the token, hex: the token itself is kept nowhere. */
  hash: string;
  role: TokenRole;
  personId: string | null;
  source: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
}
