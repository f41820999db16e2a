import type { Client } from '@temporalio/client';
import { kindsOfWork, type KindOfWork, type Pollers } from '../../domain/workers.ts';

/** Temporal's TaskQueueType. */
const queueTypes = { workflows: 1, activities: 2 } as const satisfies Record<KindOfWork['what'], number>;

export const readAllPollers = (client: Client): Promise<readonly Pollers[]> =>
  Promise.all(kindsOfWork.map((work) => readPollers(client, work)));

export async function readPollers({ workflowService, options }: Client, work: KindOfWork): Promise<Pollers> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: work.queue },
    taskQueueType: queueTypes[work.what],
  });
  const askedAt = (pollers ?? []).map(({ lastAccessTime }) =>
    new Date(Number(lastAccessTime?.seconds ?? 0) * 1_000).toISOString(),
  );
  return { work, askedAt };
}
