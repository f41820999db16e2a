import type { Client } from '@temporalio/client';
import { expect, test } from '@jest/globals';
import { syncNow } from '../../../client/operations/schedule.ts';

test('a sync is triggered again where the schedule takes one that has ended as running', async () => {
  let triggers = 0;
  const last = { workflowId: 'access-sync-1', firstExecutionRunId: 'r-1' };
  const workflow = { workflowId: 'access-sync-2', firstExecutionRunId: 'r-2' };
  const action = { action: { type: 'startWorkflow', workflow } };
  // The first trigger comes too early: the schedule still lists the last run, and starts none.
  const before = {
    numActionsTaken: 1,
    recentActions: [action],
    runningActions: [{ ...action.action, workflow: last }],
  };
  const describe = async () => ({ info: triggers < 2 ? before : started });
  const started = { numActionsTaken: 2, recentActions: [action], runningActions: [] };
  const trigger = async () => void (triggers += 1);
  const client = {
    schedule: { getHandle: () => ({ describe, trigger }) },
    workflow: {
      getHandle: (workflowId: string) => ({
        describe: async () => ({ status: { name: workflowId === last.workflowId ? 'COMPLETED' : 'RUNNING' } }),
        result: async () => ({ complete: workflowId === workflow.workflowId }),
        query: async () => undefined,
      }),
    },
  } as unknown as Client;
  expect(await syncNow(client)).toEqual({ complete: true });
  expect(triggers).toBe(2);
});
