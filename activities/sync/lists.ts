import { activityInfo } from '@temporalio/activity';
import type { Nhi, NhiKind } from '../../domain/sync/kinds.ts';
import { withDatadog } from '../attempt.ts';
import { DatadogFailure, isFailure } from '../../datadog/failures.ts';
import { withoutAddresses } from '../../domain/text.ts';
import type { DatadogClient, DatadogReads, ListedNhiKind, OwnedNhiKind } from '../../datadog/types.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Unread } from '../../inventory/port/accounts.ts';
import { addOddRows, noOddRows, type OddRow } from '../../domain/sync/oddRows.ts';
import { addChanges, asSync, atOnce, beating, noChanges, type SyncChanges } from './pace.ts';
import type { Dependencies } from '../dependencies.ts';

export type { SyncChanges } from './pace.ts';

interface RunOfMany extends SyncChanges {
  /** The id to go on after; absent when all were read. */
  readonly next?: string;
}

interface ServiceAccountsScanned extends RunOfMany {
  /** Kinds that are not visible, or have no list here. */
  readonly hidden: readonly OwnedNhiKind[];
}

/** Teams, or service accounts, of one activity. */
const manyPerActivity = 100;
const ownedKinds: readonly OwnedNhiKind[] = ['serviceAccountKey', 'serviceAccountToken'];

interface Cursor extends SyncChanges {
  readonly done: readonly string[];
}

/** Everything but the accounts. Each list is read whole or fails; the activity that reads a list also writes it. */
export function createKindScans({ datadog, inventory }: Pick<Dependencies, 'datadog' | 'inventory'>) {
  return {
    async scanRoles(): Promise<SyncChanges & { readonly roles: number }> {
      const readAt = now();
      return reading(datadog, async (api) => {
        const [roles, permissions] = await Promise.all([api.listRoles(), api.listPermissions()]);
        const rows = roles.map(({ id, name, isManaged, permissionIds }) => ({
          id,
          name,
          isManaged,
          permissions: permissionIds.map((permission) => permissions.get(permission) ?? permission).toSorted(),
        }));
        return { roles: rows.length, ...(await inventory.writeRoles(rows, readAt, unreadIn(api, 'list roles'))) };
      });
    },

    async scanTeams(): Promise<SyncChanges & { readonly teams: number }> {
      const readAt = now();
      return reading(datadog, async (api) => {
        const teams = await api.listTeams();
        return { teams: teams.length, ...(await inventory.writeTeams(teams, readAt, unreadIn(api, 'list teams'))) };
      });
    },

    /** One paged list a team, never one a membership. */
    async scanTeamMembers(after: string): Promise<RunOfMany> {
      const teams = (await inventory.listTeams()).filter(({ goneAt }) => goneAt === undefined);
      const ids = teams
        .map(({ id }) => id)
        .filter((id) => id > after)
        .toSorted();
      return readMany(datadog, ids, async (api, teamId) => {
        const seenAt = now();
        const read = await unlessRefused(api, { list: 'team', id: teamId }, api.listTeamMembers(teamId));
        if (read === undefined) return {};
        const { members, isWhole } = read;
        return inventory.writeTeamMembers({ teamId, members, isPartial: !isWhole, seenAt });
      });
    },

    /** Keys and tokens of the service accounts: two requests each, and one in all where they are not visible. */
    scanServiceAccounts: (after: string): Promise<ServiceAccountsScanned> =>
      scanServiceAccounts({ datadog, inventory }, after),

    /** `closes` are the kinds of which this list shows all. */
    async scanNhis(kind: ListedNhiKind, closes: readonly NhiKind[]): Promise<SyncChanges> {
      const readAt = now();
      return reading(datadog, async (api) => {
        if (kind === 'personalAccessToken') await requireAllTokens(api);
        const nhis = await api.listNhis(kind);
        const robots = new Set(await inventory.serviceAccountIds());
        const known = nhis.map((nhi) => (robots.has(nhi.ownerAccountId ?? '') ? { ...nhi, kind: ownedBy(nhi) } : nhi));
        return write(inventory, { nhis: known, kinds: closes, unread: unreadIn(api), readAt });
      });
    },
  };
}

async function scanServiceAccounts(
  { datadog, inventory }: Pick<Dependencies, 'datadog' | 'inventory'>,
  after: string,
): Promise<ServiceAccountsScanned> {
  const ids = (await inventory.serviceAccountIds()).filter((id) => id > after);
  const hidden = new Set<OwnedNhiKind>();
  const run = await readMany(datadog, ids, async (api, accountId) => {
    const lists: { readonly kind: OwnedNhiKind; readonly nhis: readonly Nhi[] }[] = [];
    const readAt = now();
    for (const kind of ownedKinds) {
      if (hidden.has(kind)) continue;
      const row = { list: 'service account', id: accountId };
      const nhis = await unlessRefused(api, row, api.listOwnedNhis(accountId, kind), 'refused' as const);
      if (nhis === 'refused') continue;
      if (nhis !== undefined) lists.push({ kind, nhis });
      // The account was there for its keys: it is the list of tokens that this organization does not have.
      else if (kind === 'serviceAccountToken') hidden.add(kind);
      else break;
    }
    let changes = noChanges;
    for (const { kind, nhis } of lists) {
      const unread = unreadIn(api);
      changes = addChanges(
        changes,
        await write(inventory, { nhis, kinds: [kind], unread, readAt, ownerAccountId: accountId }),
      );
    }
    return changes;
  });
  if (run.next !== undefined) return { ...run, hidden: [...hidden] };
  // What belonged to service accounts that are gone goes too.
  const { removed } = await inventory.sweepOwnerlessNhis(ownedKinds, now());
  return { ...addChanges(run, { removed }), hidden: [...hidden] };
}

/** What Datadog refuses of one object is that object's: what is known of it stays, and it is named. */
async function unlessRefused<T, Refused = undefined>(
  api: DatadogReads,
  row: Omit<OddRow, 'why'>,
  asking: Promise<T>,
  refused: Refused = undefined as Refused,
): Promise<T | Refused> {
  try {
    return await asking;
  } catch (error) {
    if (!isFailure(error, 'ObjectRefused')) throw error;
    api.noteOdd({ ...row, why: withoutAddresses(error.message) });
    return refused;
  }
}

async function reading<T>(
  datadog: DatadogClient,
  read: (api: DatadogReads) => Promise<T>,
): Promise<T & Pick<SyncChanges, 'requests' | 'odd'>> {
  await using pace = beating(() => undefined);
  pace.beat();
  return await withDatadog(
    datadog,
    async (api) => ({ ...(await read(api)), requests: api.requests, odd: addOddRows(noOddRows, api.oddRows()) }),
    asSync,
  );
}

/** Reads a run of these ids, a few in flight, with a cursor for a retry. */
async function readMany(
  datadog: DatadogClient,
  ids: readonly string[],
  read: (api: DatadogReads, id: string) => Promise<Partial<SyncChanges>>,
): Promise<RunOfMany> {
  let cursor = activityInfo().heartbeatDetails as Cursor | undefined;
  const { requests: before, odd: oddBefore } = cursor ?? noChanges;
  const done = new Set(cursor?.done);
  const batch = ids.slice(0, manyPerActivity);
  await using pace = beating(() => cursor);
  await withDatadog(
    datadog,
    async (api) => {
      const readOne = async (id: string): Promise<void> => {
        const changes = await read(api, id);
        done.add(id);
        cursor = {
          ...addChanges(cursor ?? noChanges, changes),
          requests: before + api.requests,
          odd: addOddRows(oddBefore, api.oddRows()),
          done: [...done],
        };
        pace.beat();
      };
      // The first alone: where it is refused, the others would be too.
      const [first, ...rest] = batch.filter((id) => !done.has(id));
      if (first !== undefined) await readOne(first);
      await atOnce(rest, pace, readOne);
    },
    asSync,
  );
  const { added, changed, removed, requests, odd } = cursor ?? noChanges;
  const next = batch.findLast((id) => done.has(id));
  const isAll = batch.length === ids.length && batch.every((id) => done.has(id));
  return { added, changed, removed, requests, odd, next: isAll ? undefined : next };
}

interface Read {
  readonly nhis: readonly Nhi[];
  readonly kinds: readonly NhiKind[];
  readonly unread: Unread;
  readonly readAt: string;
  readonly ownerAccountId?: string;
}

async function write(
  inventory: Inventory,
  { nhis, kinds, unread, readAt, ownerAccountId }: Read,
): Promise<Omit<SyncChanges, 'requests' | 'odd'>> {
  const written = await inventory.writeNhis(nhis, readAt);
  const { removed } = await inventory.sweepNhis({
    kinds,
    seenIds: nhis.map(({ id }) => id),
    unread,
    readStartedAt: readAt,
    at: now(),
    ownerAccountId,
  });
  return { ...written, removed };
}

/** With `user_app_keys` alone the list returns 200, with the key owner's tokens only. */
async function requireAllTokens(api: DatadogReads): Promise<void> {
  const permission = 'org_app_keys_read';
  const operation = 'list personal access tokens';
  const answer = await api.probe(permission);
  if (answer === 'yes') return;
  if (answer === 'no') {
    throw new DatadogFailure('NotAuthorized', `${operation}: only the key owner's own are visible`, {
      missing: { permission, operation },
    });
  }
  throw new DatadogFailure('UnexpectedResponse', `${operation}: whether all are visible is not known`, {
    isExhausted: true,
  });
}

/** What one list, or all lists of the attempt, showed and could not be read. */
const unreadIn = (api: DatadogReads, list?: string): Unread =>
  api
    .oddRows()
    .filter((row) => list === undefined || row.list === list)
    .map(({ id }) => id);

/** The organization's lists show the keys and tokens of service accounts too. */
function ownedBy({ kind }: Nhi): NhiKind {
  if (kind === 'applicationKey') return 'serviceAccountKey';
  return kind === 'personalAccessToken' ? 'serviceAccountToken' : kind;
}

const now = (): string => new Date().toISOString();
