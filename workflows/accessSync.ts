import { ActivityFailure, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { AccessSyncInput, SyncSummary } from './core/contracts.ts';
import { records, scan } from './proxies.ts';

/**
 * Reads who has access, on a schedule. It writes to the inventory and signals the people's processes, never to Datadog.
 * `light` reads the Pending accounts while somebody waits; `full` reads every account with its roles.
 */
export async function accessSync({ depth }: AccessSyncInput): Promise<SyncSummary | undefined> {
  const { runId } = workflowInfo();
  const { waiting } = await records.startSync(runId, depth);
  if (depth === 'full') return readEverything(runId);
  if (waiting === 0) return undefined;
  const reason = await reasonOfFailure(async () => {
    const { activated } = await scan.scanPending();
    setCurrentDetails(`${waiting} waiting for acceptance, ${activated} of them active now`);
  });
  if (reason !== undefined) setCurrentDetails(`not read: ${reason}`);
  return undefined;
}

const firstPageSize = 1_000;

async function readEverything(runId: string): Promise<SyncSummary> {
  const startedAt = Date.now();
  const counts: Counts = { users: 0, serviceAccounts: 0, roles: 0, added: 0, removed: 0, changed: 0, requests: 0 };
  // What was not read whole closes nothing: rows stay with when they were last seen.
  const reason = await reasonOfFailure(async () => {
    const roles = await scan.scanRoles();
    addTo(counts, roles);
    for (let from: number | undefined = 0, pageSize = firstPageSize; from !== undefined;) {
      const result: Awaited<ReturnType<typeof scan.scanAccounts>> = await scan.scanAccounts({
        scanId: runId,
        from,
        pageSize,
      });
      ({ next: from, pageSize } = result);
      addTo(counts, result);
      setCurrentDetails(`${counts.users + counts.serviceAccounts} accounts read with ${counts.requests} requests`);
    }
    addTo(counts, await scan.sweepAccounts(runId, new Date(startedAt).toISOString()));
  });
  const summary: SyncSummary = {
    complete: reason === undefined,
    ...counts,
    teams: 0,
    keys: 0,
    findings: 0,
    durationMs: Date.now() - startedAt,
  };
  await records.finishSync(runId, summary, reason);
  if (reason !== undefined) setCurrentDetails(`not read whole: ${reason}`);
  await reasonOfFailure(() => scan.resendLostEvents());
  return summary;
}

type Counts = Record<'users' | 'serviceAccounts' | 'roles' | 'added' | 'removed' | 'changed' | 'requests', number>;

function addTo(counts: Counts, more: Partial<Counts>): void {
  for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += more[name] ?? 0;
}

/** Why it ended early, in words: a sync that Datadog refuses is a result, and the next one comes by the schedule. */
async function reasonOfFailure(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await read();
    return undefined;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}
