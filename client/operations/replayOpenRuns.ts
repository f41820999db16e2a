import type { Client } from '@temporalio/client';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { grpcCodeIn, grpcCodes, isTemporalAway } from './temporal.ts';
import { openRuns } from './openRuns.ts';

interface RunThatFails {
  readonly workflowId: string;
  readonly runId: string;
  readonly why: string;
}

export interface Replayed {
  /** How many runs were open, and replayed. */
  readonly runs: number;
  readonly failing: readonly RunThatFails[];
}

interface ReplayOptions {
  readonly workflowBundle: Pick<WorkflowBundleWithSourceMap, 'code'>;
  readonly onProgress?: (runs: number) => void;
}

/**
 * Replays each open run with the code of a bundle: what would fail here would fail at its next task, were the code made current. A run that
 * ends meanwhile counts as one that went well.
 */
export async function replayOpenRuns(client: Client, { workflowBundle, onProgress }: ReplayOptions): Promise<Replayed> {
  let runs = 0;
  const failing: RunThatFails[] = [];
  for await (const { workflowId, runId, error } of Worker.runReplayHistories({ workflowBundle }, historiesOf(client))) {
    runs += 1;
    onProgress?.(runs);
    if (error !== undefined) failing.push({ workflowId, runId, why: error.message });
  }
  return { runs, failing };
}

async function* historiesOf(client: Client) {
  for await (const { workflowId, runId } of client.workflow.list({ query: openRuns, pageSize: 1_000 })) {
    const history = await client.workflow
      .getHandle(workflowId, runId)
      .fetchHistory()
      .catch((error: unknown) => {
        if (isTemporalAway(error) || grpcCodeIn(error) !== grpcCodes.notFound) throw error;
      });
    if (history !== undefined) yield { workflowId, history };
  }
}
