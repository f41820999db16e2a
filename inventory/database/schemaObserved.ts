import type { Found } from '../../domain/findings/found.ts';
import type { Account } from '../../domain/model.ts';
import type { KindState, Nhi, SyncKind } from '../../domain/sync/kinds.ts';
import type { AccountRow, RoleListRow, TeamListRow } from '../port/accounts.ts';
import type { Json } from '../port/json.ts';
import type { NhiRow } from '../port/nhis.ts';
import type { Stored } from './stored.ts';

/** The rows of what a sync sees in Datadog. */

type FoundColumns = 'kind' | 'subject' | 'scope' | 'name' | 'severity' | 'personId' | 'accountId' | 'evidence';

type NhiColumns = 'kind' | 'name' | 'ownerAccountId' | 'firstSeenAt' | 'lastSeenAt' | 'goneAt';

type AccountColumns = 'email' | 'status' | 'isServiceAccount' | 'firstSeenAt' | 'lastSeenAt' | 'goneAt';

export interface AccountsTable extends Stored<Pick<AccountRow, AccountColumns>> {
  accountId: string;
  /** Case-folded e-mail, handle and name. */
  search: string;
  /** The account as canonical JSON: compared to see whether anything changed. */
  account: Json<Account>;
  /** When this row last changed; while it is there it was also seen by every later scan that was swept. */
  writtenAt: string;
}

export interface AccountRolesTable {
  accountId: string;
  roleId: string;
  since: string;
  until: string | null;
}

export interface ScansTable {
  scanId: string;
  lastPageAt: string;
  sweptAt: string | null;
  removed: number | null;
}

export interface ScanPagesTable {
  scanId: string;
  /** Hash of the ids, so that a page that is written again is one page. */
  page: string;
  accountIds: Json<readonly string[]>;
}

export interface RolesTable extends Stored<RoleListRow, 'permissions'> {
  writtenAt: string;
}

export interface TeamsTable extends Stored<Omit<TeamListRow, 'members'>> {
  writtenAt: string;
}

/** Service accounts are not in it: they are rows of `accounts`, and lists show both. */
export interface NhisTable extends Stored<Pick<NhiRow, NhiColumns>> {
  nhiId: string;
  /** As canonical JSON: compared to see whether anything changed. */
  nhi: Json<Nhi>;
  writtenAt: string;
}

/** The declared owner of a service account or a key. Stays when the row it is about goes. */
export interface NhiOwnersTable {
  nhiId: string;
  personId: string;
  setAt: string;
}

/** How completely one run read one kind, and when it began to. */
export interface SyncRunKindsTable {
  runId: string;
  kind: SyncKind;
  state: KindState['state'];
  permission: string | null;
  reason: string | null;
  readAt: string;
}

/** `scope` is the id of the row it was found at: pages of rows are compared with what is on record between two ids. */
export interface FindingsTable extends Stored<Pick<Found, FoundColumns>, 'evidence'> {
  findingId: string;
  openedAt: string;
  closedAt: string | null;
  mutedUntil: string | null;
  muteReason: string | null;
  mutedAt: string | null;
}
