import type { Client } from '@temporalio/client';
import { deploymentName } from '../../domain/ids.ts';
import { openRuns } from './openRuns.ts';
import { grpcCodeIn, grpcCodes } from './temporal.ts';

/** The builds of this Muster as Temporal knows them (Worker Deployment Versioning): one is current, and gets what is new. */

export interface Deployment {
  /** Undefined where none has been made current yet. */
  readonly current: string | undefined;
  /** Every one of which a worker has started. */
  readonly builds: readonly string[];
}

const pinned = "TemporalWorkflowVersioningBehavior = 'Pinned'";
/** Of a server that does not offer it, or has it switched off. */
const notOffered: readonly (number | undefined)[] = [grpcCodes.failedPrecondition, grpcCodes.unimplemented];

/** Undefined where the server does not offer it. */
export async function describeDeployment({ workflowService, options }: Client): Promise<Deployment | undefined> {
  const { namespace } = options;
  try {
    const { workerDeploymentInfo } = await workflowService.describeWorkerDeployment({ namespace, deploymentName });
    const { routingConfig, versionSummaries } = workerDeploymentInfo ?? {};
    const builds = (versionSummaries ?? []).flatMap(({ deploymentVersion }) => deploymentVersion?.buildId ?? []);
    return { current: routingConfig?.currentDeploymentVersion?.buildId || undefined, builds };
  } catch (error) {
    const code = grpcCodeIn(error);
    if (code === grpcCodes.notFound) return { current: undefined, builds: [] };
    if (notOffered.includes(code)) return undefined;
    throw error;
  }
}

/**
 * Syncs stay with the build that began them. Those of a build that nobody runs any more go on with the current one, and so do those of the
 * chain behind them.
 */
export async function releasePinned({ workflow, workflowService, options }: Client): Promise<void> {
  for await (const { workflowId, runId } of workflow.list({ query: `${openRuns} AND ${pinned}` })) {
    await workflowService.updateWorkflowExecutionOptions({
      namespace: options.namespace,
      workflowExecution: { workflowId, runId },
      workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
      updateMask: { paths: ['versioning_override'] },
    });
  }
}

/** New runs, and the next tasks of people's open runs, go to this build from now on. */
export async function makeCurrent({ workflowService, options }: Client, buildId: string): Promise<void> {
  await workflowService.setWorkerDeploymentCurrentVersion({
    namespace: options.namespace,
    deploymentName,
    buildId,
    identity: 'muster',
    // It may be made current before its first worker polls.
    allowNoPollers: true,
    ignoreMissingTaskQueues: true,
  });
}
