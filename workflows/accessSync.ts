import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { throwUnlessFailed } from './run/cancellation.ts';
import type { AccessSyncInput, SyncSummary } from '../domain/contracts.ts';
import { fullSync } from './fullSync.ts';
import { bestEffort, records, scan, watching } from './proxies.ts';

/**
 * Reads accounts and their access, on a schedule. It writes to the inventory and signals the people's processes, never to Datadog.
 * `light` reads the Pending accounts while somebody waits; `full` reads every account, team, key and token.
 */
export async function accessSync({ depth, carried }: AccessSyncInput): Promise<SyncSummary | undefined> {
  // One record for the whole chain of runs.
  const { firstExecutionRunId } = workflowInfo();
  if (depth === 'full') {
    if (carried === undefined) {
      await records.startSync(firstExecutionRunId, depth);
      await watch();
    }
    const summary = await fullSync(firstExecutionRunId, carried);
    await reasonOfFailure(() => watching.tellAllForgotten());
    await reasonOfFailure(() => bestEffort.refreshCapabilities());
    return summary;
  }
  const { waiting, isEvidenceUntold } = await records.startSync(firstExecutionRunId, depth);
  if (waiting > 0) await lookForPeople(waiting);
  await watch();
  if (isEvidenceUntold) await reasonOfFailure(() => bestEffort.tellEvidence());
  return undefined;
}

/** Who has accepted, or logged in for the first time? */
async function lookForPeople(waiting: number): Promise<void> {
  const reason = await reasonOfFailure(async () => {
    const { activated } = await scan.scanPending();
    setCurrentDetails(`${waiting} waiting for acceptance, ${activated} of them active now`);
  });
  if (reason !== undefined) setCurrentDetails(`not read: ${reason}`);
}

/** What is late, by the record and by Temporal. What cannot be asked is asked by the next run, and keeps nothing else from it. */
async function watch(): Promise<void> {
  await reasonOfFailure(() => records.watchLeaves());
  await reasonOfFailure(() => watching.tellForgotten());
  await reasonOfFailure(() => watching.watchEngine());
}

/** Why it ended early, in words: a sync that Datadog refuses is a result, and the next one comes by the schedule. */
async function reasonOfFailure(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await read();
    return undefined;
  } catch (error) {
    throwUnlessFailed(error);
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}
