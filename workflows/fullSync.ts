import {
  type ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { throwUnlessFailed } from './run/cancellation.ts';
import type { Assessment } from '../activities/sync/findings/index.ts';
import { syncProgressQuery, type AccessSyncInput, type FullSyncState, type SyncSummary } from '../domain/contracts.ts';
import type { MissingPermission } from '../domain/failures.ts';
import {
  addRead,
  areKeysRefused,
  endStep,
  keysRefused,
  newFullSync,
  reasonOfIncompleteness,
  stateOfFailure,
  summarize,
  syncSteps,
  type SyncStepName,
} from '../domain/sync/steps.ts';
import type { NhiKind } from '../domain/sync/kinds.ts';
import { assessment, records, scan } from './proxies.ts';

/** A run of this many events continues as new. */
const longestHistory = 1_500;

/** Reads everything, part by part. What one part cannot read keeps no other from being read. */
export async function fullSync(runId: string, carried: FullSyncState | undefined): Promise<SyncSummary> {
  let state = carried ?? newFullSync(new Date().toISOString());
  setHandler(syncProgressQuery, () => ({
    reading: syncSteps[state.step]?.name ?? 'the end',
    counts: state.counts,
    startedAt: state.startedAt,
    expected: state.expected,
  }));

  for (let step = syncSteps[state.step]; step !== undefined; step = syncSteps[state.step]) {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength > longestHistory || continueAsNewSuggested) {
      await continueAsNew<(input: AccessSyncInput) => Promise<unknown>>({ depth: 'full', carried: state });
    }
    state = await readStep(runId, step.name, state);
    const { counts } = state;
    setCurrentDetails(`${counts.accounts} accounts read, ${counts.requests} requests; next: ${step.name}`);
  }

  setCurrentDetails('everything is read; next: findings and drift');
  const { findings, held, problem } = await judge(runId, state);
  const reason = reasonOfIncompleteness(state.kinds) ?? problem;
  const summary = summarize(state, findings, Date.now() - Date.parse(state.startedAt));
  const finished = await records.finishSync({
    runId,
    summary,
    kinds: state.kinds,
    reason,
  });
  setCurrentDetails(
    [
      `${findings} findings`,
      ...(reason === undefined ? [] : [`not read whole: ${reason}`]),
      ...(held === undefined
        ? []
        : [`repairs of ${held.people} people held: \`npx muster sync allow ${held.batchId}\``]),
    ].join('; '),
  );
  return finished;
}

/** Findings and drift of what was read. Where they cannot be worked out the picture stands all the same. */
async function judge(
  runId: string,
  { startedAt, kinds }: FullSyncState,
): Promise<Pick<Assessment, 'findings' | 'held'> & { readonly problem?: string }> {
  try {
    return await assessment.assess({ runId, startedAt, states: kinds });
  } catch (error) {
    throwUnlessFailed(error);
    return { findings: 0, problem: `findings: ${failureIn(error).message}` };
  }
}

/** One activity of a step: the state after it. */
async function readStep(runId: string, name: SyncStepName, state: FullSyncState): Promise<FullSyncState> {
  const kinds = syncSteps[state.step]?.kinds ?? [];
  if (areKeysRefused(state.kinds)) return endStep(state, { state: 'incomplete', reason: keysRefused });
  try {
    return await steps[name](state, runId);
  } catch (error) {
    throwUnlessFailed(error);
    return endStep(state, stateOfFailure(kinds[0] ?? 'accounts', failureIn(error)));
  }
}

const complete = { state: 'complete' } as const;

const done = (state: FullSyncState, read: Parameters<typeof addRead>[1]): FullSyncState =>
  endStep(addRead(state, read), complete);

const steps: Record<SyncStepName, (state: FullSyncState, runId: string) => Promise<FullSyncState>> = {
  roles: async (state) => done(state, await scan.scanRoles()),
  accounts: readAccounts,
  teams: async (state) => done(state, await scan.scanTeams()),

  'team members': async (state) => {
    if (state.kinds.teams?.state !== 'complete') return endStep(state, complete);
    const { next, ...read } = await scan.scanTeamMembers(state.after);
    const counted = addRead(state, read);
    return next === undefined ? endStep(counted, complete) : { ...counted, after: next };
  },

  'keys and tokens of service accounts': async (state) => {
    const { next, hidden, ...read } = await scan.scanServiceAccounts(state.after);
    const counted = addRead(state, read);
    if (next !== undefined) return { ...counted, after: next };
    if (hidden.length === 0) return endStep(counted, complete);
    const { kinds } = endStep(counted, stateOfFailure('serviceAccountToken', noSuchList), hidden);
    return endStep({ ...counted, kinds }, complete);
  },

  'API keys': async (state) => done(state, await scan.scanNhis('apiKey', ['apiKey'])),
  'application keys': async (state) => readOrganizationsList(state, 'applicationKey', 'serviceAccountKey'),
  'personal access tokens': async (state) => readOrganizationsList(state, 'personalAccessToken', 'serviceAccountToken'),
  'OAuth clients': async (state) => done(state, await scan.scanNhis('oauthClient', ['oauthClient'])),
  'authentication mappings': async (state) => done(state, await scan.scanNhis('authnMapping', ['authnMapping'])),
};

const noSuchList = { type: 'NotFound', message: '' };

/** The list that shows everything the lists of the service accounts do not. */
async function readOrganizationsList(
  state: FullSyncState,
  kind: 'applicationKey' | 'personalAccessToken',
  owned: 'serviceAccountKey' | 'serviceAccountToken',
): Promise<FullSyncState> {
  const isHidden = state.kinds[owned]?.state === 'notVisible';
  const closes: readonly NhiKind[] = isHidden ? [kind, owned] : [kind];
  const after = done(state, await scan.scanNhis(kind, closes));
  return isHidden ? { ...after, kinds: { ...after.kinds, [owned]: complete } } : after;
}

/** A run of pages; after the last one the scan is closed, or read once more where accounts are missing. */
async function readAccounts(state: FullSyncState, runId: string): Promise<FullSyncState> {
  const { page, pageSize, expected } = state;
  const { next, ...read } = await scan.scanAccounts({
    scanId: runId,
    from: page,
    pageSize,
    total: pageSize === undefined ? undefined : expected,
  });
  const pages = (next ?? Math.ceil(read.total / read.pageSize)) - page;
  // Read once more, they are the same ones.
  const seen = state.readings === 0 ? read : { ...read, accounts: 0, odd: undefined };
  const after = { ...addRead(state, { ...seen, pages }), expected: read.total, pageSize: read.pageSize };
  if (next !== undefined) return { ...after, page: next };
  const { removed, isWhole } = await scan.closeAccounts(runId, state.startedAt, read.total);
  if (isWhole) return done(after, { removed });
  if (state.readings === 0) return { ...after, page: 0, readings: 1 };
  const reason = `Datadog counts ${read.total} users, but fewer are listed, twice`;
  return endStep(after, { state: 'incomplete', reason });
}

function failureIn({ cause, message }: ActivityFailure) {
  if (!(cause instanceof ApplicationFailure)) return { message: cause?.message ?? message };
  const [missing] = (cause.details ?? []) as readonly (MissingPermission | undefined)[];
  return { type: cause.type ?? undefined, message: cause.message, missing };
}
