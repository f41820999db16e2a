import { hostname } from 'node:os';
import { connectTemporal } from '../client/operations/temporal.ts';
import { taskQueues } from '../domain/contracts.ts';
import { readConfig } from '../config/config.ts';

// The image's health check: healthy is a worker of this machine that asks Temporal for work on both queues.
const recentMs = 3 * 60_000;
const workflowQueueType = 1;
const activityQueueType = 2;

try {
  const { temporal } = await readConfig();
  if (temporal.connection === undefined) throw new Error('TEMPORAL_ADDRESS is not set');
  await using temporalClient = await connectTemporal({ ...temporal, connection: temporal.connection });
  const { workflowService } = temporalClient.client;
  const queues = [
    { name: taskQueues.muster, taskQueueType: workflowQueueType },
    { name: taskQueues.datadog, taskQueueType: activityQueueType },
    { name: taskQueues.leavers, taskQueueType: activityQueueType },
  ];
  for (const { name, taskQueueType } of queues) {
    const { pollers } = await workflowService.describeTaskQueue({
      namespace: temporal.namespace,
      taskQueue: { name },
      taskQueueType,
    });
    const isPolled = (pollers ?? []).some(
      ({ identity, lastAccessTime }) =>
        (identity ?? '').endsWith(`@${hostname()}`) && Number(lastAccessTime?.seconds) * 1_000 > Date.now() - recentMs,
    );
    if (!isPolled) throw new Error(`no worker of this machine has asked for work on the task queue ${name} lately`);
  }
} catch (error) {
  console.error(`unhealthy: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
