import type { Kysely } from 'kysely';
import type { ExceededLimit, RemovalKind } from '../../domain/access/changeBudget.ts';
import type { Instance } from '../../domain/instances.ts';
import type { HrEvent, PersonRecord, ResolvedEntitlement } from '../../domain/model.ts';
import type { TeamMemberRow } from '../port/accounts.ts';
import type { ApprovalRow, DatedDecision } from '../port/approvals.ts';
import type { AccessBefore } from '../port/changeBudget.ts';
import type { EvidenceEntry, EvidenceMark, EvidenceRow, MarkName, OpenWrite } from '../port/evidence.ts';
import type { GrantRow } from '../port/grants.ts';
import type { Json } from '../port/json.ts';
import type { KeyHealth, OwedPart } from '../port/keyHealth.ts';
import type { AwaitedLogin, IntakeRow, PendingInvitation, Progress, Trouble } from '../port/people.ts';
import type { RefusalRow } from '../port/refusals.ts';
import type { QuarantineRow } from '../port/repairs.ts';
import type { ScimRow } from '../port/scim.ts';
import type { AliasRow } from '../port/sources.ts';
import type { SyncRunRow } from '../port/syncRuns.ts';
import type { StoredToken } from '../port/tokens.ts';
import type {
  AccountsTable,
  AccountRolesTable,
  ScansTable,
  ScanPagesTable,
  RolesTable,
  TeamsTable,
  NhisTable,
  NhiOwnersTable,
  SyncRunKindsTable,
  FindingsTable,
} from './schemaObserved.ts';
import type { Pin } from '../../domain/pins.ts';
import type { Stored } from './stored.ts';
import type { ApprovalRequest, Decision } from '../../domain/decision.ts';

/**
 * The rows as they are stored, the same in SQLite and PostgreSQL: text, integers, JSON as text, flags as 0 and 1, times as
 * ISO 8601 in UTC (so that their order is the order of text).
 */
export interface Schema {
  people: PeopleTable;
  previousEmails: PreviousEmailsTable;
  progress: Stored<Progress & Partial<Pick<Trouble, 'lastError'>>>;
  intake: IntakeTable;
  intakeRates: IntakeRatesTable;
  deliveries: DeliveriesTable;
  refusals: RefusalsTable;
  aliases: Stored<AliasRow>;
  completeRosters: CompleteRostersTable;
  absences: AbsencesTable;
  scimResources: Stored<ScimRow>;
  scimMembers: ScimMembersTable;
  pendingInvitations: Stored<PendingInvitation>;
  awaitedLogins: Stored<AwaitedLogin>;
  approvals: ApprovalsTable;
  decisions: DecisionsTable;
  submissions: SubmissionsTable;
  grants: Stored<GrantRow>;
  entitlementIds: EntitlementIdsTable;
  pins: Stored<Pin>;
  ignoredAccounts: IgnoredAccountsTable;
  accounts: AccountsTable;
  accountRoles: AccountRolesTable;
  scans: ScansTable;
  scanPages: ScanPagesTable;
  roles: RolesTable;
  teams: TeamsTable;
  teamMembers: Stored<TeamMemberRow>;
  nhis: NhisTable;
  nhiOwners: NhiOwnersTable;
  syncRuns: Stored<Omit<SyncRunRow, 'kinds'>, 'summary'>;
  syncRunKinds: SyncRunKindsTable;
  findings: FindingsTable;
  repairs: RepairsTable;
  repairRejections: RepairRejectionsTable;
  quarantines: Stored<QuarantineRow, 'people'>;
  removals: RemovalsTable;
  accessBefore: Stored<AccessBefore, 'access'>;
  leases: LeasesTable;
  keyHealth: Stored<KeyHealth>;
  owedParts: Stored<OwedPart>;
  openWrites: OpenWritesTable;
  evidence: EvidenceTable;
  evidenceHead: EvidenceHeadTable;
  evidenceMarks: EvidenceMarksTable;
  tokens: TokensTable;
  identity: IdentityTable;
  instances: Stored<Instance>;
  musterSchema: MusterSchemaTable;
}

/** A connection or a transaction: every query takes one. */
export type Db = Kysely<Schema>;

interface PeopleTable extends Stored<Omit<PersonRecord, 'previousEmails'>, 'attributes' | 'lines'> {
  /** Case-folded, for search; as HR wrote it it stands in `attributes`. */
  email: string | null;
  boundAt: string | null;
  /** When the last process ended: what is older came late and changes nothing. */
  finishedAt: string | null;
}

interface PreviousEmailsTable {
  personId: string;
  email: string;
  since: string;
}

interface IntakeTable extends Stored<IntakeRow, 'event' | 'outcome' | 'withdrawal'> {
  eventId: string;
  personId: string;
  kind: HrEvent['kind'];
  source: string;
  /** When it takes effect; an immediate one, and one without a fact, when it was received. */
  dueAt: string;
  /** 1 for a leaver, until it is known that the access has ended, or that the person stays. */
  isLeaveOpen: number;
}

/** What a source has sent in the minute in which it last sent something; leavers have a share of their own. */
interface IntakeRatesTable {
  source: string;
  share: 'leavers' | 'others';
  /** Such as `2026-01-31T09:00`. */
  minute: string;
  events: number;
}

/** Messages of senders. Another body under the same id is another message. */
interface DeliveriesTable {
  source: string;
  messageId: string;
  /** SHA-256 of the body, hex. */
  digest: string;
  /** How many other bodies had come under this id before. */
  position: number;
  claimedAt: string;
  /** When all of its events were on record. */
  acceptedAt: string | null;
}

interface RefusalsTable extends Stored<RefusalRow> {
  /** Sealed; NULL once it was kept long enough. */
  payload: string | null;
}

/** Sources of which a complete roster was applied, and when last. */
interface CompleteRostersTable {
  source: string;
  appliedAt: string;
}

interface AbsencesTable {
  source: string;
  personId: string;
  since: string;
  /** Name of the file that was the first not to name them. */
  roster: string | null;
}

interface ScimMembersTable {
  source: string;
  groupId: string;
  memberId: string;
}

type ApprovalColumns = 'personId' | 'approvalId' | 'requestedAt' | 'chain' | 'state' | 'deadline' | 'closedAt';

interface ApprovalsTable extends Stored<Pick<ApprovalRow, ApprovalColumns>> {
  request: Json<ApprovalRequest>;
}

interface DecisionsTable {
  personId: string;
  decisionId: string;
  approvalId: string;
  /** When its request was made; the same access may be requested again later. */
  requestedAt: string;
  at: string;
  decision: Json<DatedDecision>;
  /** The signed statement that proved the actor: it is verified again before anything is written because of it. */
  attestation: string | null;
  /** Since when it counts no more: its approver may no longer decide. */
  lapsedAt: string | null;
}

/** Decisions that were sent and are not judged yet, or were refused. */
interface SubmissionsTable {
  personId: string;
  decisionId: string;
  at: string;
  decision: Json<Decision>;
  refusal: string | null;
}

/** What a name of the policy means: the id that it had when it was first looked up. */
interface IgnoredAccountsTable {
  pattern: string;
  accountId: string;
  since: string;
}

interface EntitlementIdsTable extends Stored<Pick<ResolvedEntitlement, 'kind' | 'name' | 'id'>> {
  since: string;
}

/** What a sync asked to be repaired; a batch that was allowed counts as a run. */
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

/** An event that is about to take something away. */
interface RemovalsTable {
  eventId: string;
  personId: string;
  source: string;
  kind: RemovalKind;
  /** A flag: counts against the share of urgent leavers. */
  urgent: number;
  /** `observed`: was only said, since the policy observes. */
  state: 'admitted' | 'held' | 'rejected' | 'observed';
  askedAt: string;
  /** From when on it counts against the budget. */
  admittedAt: string | null;
  /** The limit that was exceeded; kept after a release. */
  above: Json<ExceededLimit> | null;
  /** The person who released or rejected it. */
  actor: string | null;
  reason: string | null;
}

interface LeasesTable {
  name: string;
  holder: string;
  until: string;
}

interface OpenWritesTable extends Stored<Pick<OpenWrite, 'personId' | 'step' | 'asked' | 'askedAt'>> {
  /** Empty while the account is being created. */
  accountId: string;
  write: Json<Pick<OpenWrite, 'wanted' | 'entry'>>;
}

interface EvidenceTable extends Stored<
  Pick<EvidenceRow, 'seq' | 'personId' | 'eventId' | 'step' | 'hash' | 'signature'>
> {
  /** Canonical JSON: exactly what was hashed. */
  entry: Json<EvidenceEntry>;
}

/** One row: where the chain ends. Without it a chain that lost its last link would still look whole. */
interface EvidenceHeadTable {
  id: number;
  seq: number;
  hash: string;
}

/** How far the chain is known elsewhere. */
interface EvidenceMarksTable extends EvidenceMark {
  name: MarkName;
}

type TokensTable = Stored<StoredToken>;

/** One row, written when the inventory is made: a copy has the same id. */
interface IdentityTable {
  inventoryId: string;
  createdAt: string;
}

interface MusterSchemaTable {
  version: number;
  appliedAt: string;
}
