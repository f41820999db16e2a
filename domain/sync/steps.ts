import type { FullSyncState, SyncCounts, SyncSummary } from '../contracts.ts';
import type { MissingPermission } from '../failures.ts';
import { mergeOddRows, noOddRows, type OddRows } from './oddRows.ts';
import { kindPermissions, type KindState, type KindStates, type SyncKind } from './kinds.ts';

/** The parts of a full sync in order, and the kinds each of them reads. Service accounts are known once the accounts are. */
export const syncSteps = [
  { name: 'roles', kinds: ['roles'] },
  { name: 'accounts', kinds: ['accounts'] },
  { name: 'teams', kinds: ['teams'] },
  { name: 'team members', kinds: ['teams'] },
  { name: 'keys and tokens of service accounts', kinds: ['serviceAccountKey', 'serviceAccountToken'] },
  { name: 'API keys', kinds: ['apiKey'] },
  { name: 'application keys', kinds: ['applicationKey'] },
  { name: 'personal access tokens', kinds: ['personalAccessToken'] },
  { name: 'OAuth clients', kinds: ['oauthClient'] },
  { name: 'authentication mappings', kinds: ['authnMapping'] },
] as const satisfies readonly { name: string; kinds: readonly SyncKind[] }[];

export type SyncStepName = (typeof syncSteps)[number]['name'];

export const newFullSync = (startedAt: string): FullSyncState => ({
  startedAt,
  step: 0,
  page: 0,
  after: '',
  readings: 0,
  counts: { accounts: 0, pages: 0, roles: 0, teams: 0, added: 0, removed: 0, changed: 0, requests: 0 },
  odd: noOddRows,
  kinds: {},
});

/** Counts and odd rows of one activity. */
export const addRead = (
  state: FullSyncState,
  read: Partial<SyncCounts> & { readonly odd?: OddRows },
): FullSyncState => ({
  ...state,
  counts: addCounts(state.counts, read),
  odd: mergeOddRows(state.odd, read.odd ?? noOddRows),
});

function addCounts(counts: SyncCounts, more: Partial<SyncCounts>): SyncCounts {
  const sum = Object.entries(counts).map(([name, count]) => [name, count + (more[name as keyof SyncCounts] ?? 0)]);
  return Object.fromEntries(sum) as SyncCounts;
}

/** Goes to the next step with these kinds in this state; a kind that an earlier step could not read whole stays so. */
export function endStep(state: FullSyncState, ended: KindState, kinds?: readonly SyncKind[]): FullSyncState {
  const read: readonly SyncKind[] = kinds ?? syncSteps[state.step]?.kinds ?? [];
  const open = read.filter((kind) => (state.kinds[kind]?.state ?? 'complete') === 'complete');
  const now = Object.fromEntries(open.map((kind) => [kind, ended]));
  const { pageSize: _pageSize, ...rest } = state;
  return { ...rest, step: state.step + 1, page: 0, after: '', kinds: { ...state.kinds, ...now } };
}

/** The state of a kind after a final failure. Refused keys are no missing permission: nothing can be read. */
export function stateOfFailure(
  kind: SyncKind,
  failure: {
    readonly type?: string | undefined;
    readonly message: string;
    readonly missing?: MissingPermission | undefined;
  },
): KindState {
  const { type, message, missing } = failure;
  if (missing?.permission === 'validKeys') return { state: 'incomplete', reason: keysRefused };
  if (type === 'NotAuthorized')
    return { state: 'notVisible', permission: missing?.permission ?? kindPermissions[kind] };
  // Datadog responds with 404 for a list that an organization does not have.
  if (type === 'NotFound') return { state: 'notVisible', permission: kindPermissions[kind] };
  return { state: 'incomplete', reason: message };
}

/** The keys were refused during the sync: every further list would be refused too. */
export const keysRefused =
  'Datadog refuses the keys: check DD_API_KEY and DD_APP_KEY with `npx muster doctor`, then sync again';

export const areKeysRefused = (kinds: KindStates): boolean =>
  Object.values(kinds).some((state) => state.state === 'incomplete' && state.reason === keysRefused);

/** Accounts and roles are needed; every other kind may be invisible to the key. */
export function reasonOfIncompleteness(kinds: KindStates): string | undefined {
  const reasons = Object.entries(kinds).flatMap(([kind, state]) => {
    if (state.state === 'incomplete') return [state.reason === keysRefused ? keysRefused : `${kind}: ${state.reason}`];
    const isNeeded = kind === 'accounts' || kind === 'roles';
    return state.state === 'notVisible' && isNeeded
      ? [`${kind}: the key may not see them, it needs ${state.permission}`]
      : [];
  });
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join('; ');
}

export function summarize(state: FullSyncState, findings: number, durationMs: number): SyncSummary {
  const { accounts, roles, teams, added, removed, changed, requests } = state.counts;
  const complete = reasonOfIncompleteness(state.kinds) === undefined;
  // The inventory counts how many of the accounts are people, and how many keys there are.
  const counted = { users: accounts, serviceAccounts: 0, keys: 0 };
  const { odd } = state;
  return { complete, ...counted, roles, teams, added, removed, changed, findings, requests, durationMs, odd };
}
