import { ScheduleNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { EngineWatch, FailingRun } from '../../activities/sync/engine.ts';
import type { ScheduleState } from '../../domain/findings/schedules.ts';
import { openRuns } from './openRuns.ts';
import { accessSyncScheduleId, lightSyncScheduleId, personIdOf, personWorkflowId } from '../../domain/ids.ts';
import { knownInventory, noteInventory } from './knownInventory.ts';
import { readAllPollers } from './pollers.ts';

/** Set by the server (1.30 or newer) on a run whose workflow task fails again and again. */
const problemsOf = 'TemporalReportedProblems';

export function createEngineWatch(client: Client): EngineWatch {
  return {
    knownInventory: () => knownInventory(client),
    noteInventory: (mark) => noteInventory(client, mark),

    async failingRuns(limit) {
      const query = `${openRuns} AND ${problemsOf} IS NOT NULL`;
      const runs: FailingRun[] = [];
      for await (const { workflowId, startTime, searchAttributes } of client.workflow.list({
        query,
        pageSize: limit,
      })) {
        const problems = (searchAttributes[problemsOf] ?? []).map(String);
        runs.push({ workflowId, startedAt: startTime.toISOString(), problems });
        if (runs.length === limit) break;
      }
      return runs;
    },

    pollers: () => readAllPollers(client),

    schedules: () => Promise.all([accessSyncScheduleId, lightSyncScheduleId].map((id) => stateOf(client, id))),

    async openPeople() {
      const query = `ExecutionStatus = "Running" AND WorkflowId STARTS_WITH "${personWorkflowId('')}"`;
      const open = new Set<string>();
      for await (const { workflowId } of client.workflow.list({ query, pageSize: 1_000 })) {
        const personId = personIdOf(workflowId);
        if (personId !== undefined) open.add(personId);
      }
      return open;
    },
  };
}

async function stateOf(client: Client, scheduleId: string): Promise<ScheduleState> {
  try {
    const { state, info } = await client.schedule.getHandle(scheduleId).describe();
    const running = info.runningActions.at(-1);
    return {
      scheduleId,
      state: state.paused ? 'paused' : 'on',
      note: state.note || undefined,
      finishedAt: await lastCompleted(client, scheduleId),
      runningSince:
        running?.type === 'startWorkflow' ? await runningSince(client, running.workflow.workflowId) : undefined,
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return { scheduleId, state: 'missing' };
    throw error;
  }
}

/** Of the runs that Temporal remembers, when the last one that did its work came to its end. */
async function lastCompleted(client: Client, scheduleId: string): Promise<string | undefined> {
  const query = `TemporalScheduledById = "${scheduleId}" AND ExecutionStatus = "Completed"`;
  for await (const { closeTime } of client.workflow.list({ query, pageSize: 1 })) return closeTime?.toISOString();
  return undefined;
}

/** Since the chain of runs began, where it is open. */
async function runningSince(client: Client, workflowId: string): Promise<string | undefined> {
  const described = await client.workflow.getHandle(workflowId).describe().catch(unlessForgotten);
  if (described === undefined) return undefined;
  const { status, startTime, raw } = described;
  if (status.name !== 'RUNNING') return undefined;
  const seconds = Number(raw.workflowExtendedInfo?.originalStartTime?.seconds ?? 0);
  return (seconds === 0 ? startTime : new Date(seconds * 1_000)).toISOString();
}

/** A run that has ended long ago. */
function unlessForgotten(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
