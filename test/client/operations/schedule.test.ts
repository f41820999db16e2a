import { ScheduleNotFoundError, type Client, type ScheduleOptions } from '@temporalio/client';
import { expect, test } from '@jest/globals';
import { applySchedules, syncNow } from '../../../client/operations/schedule.ts';

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

test('a full sync is ended after 12 hours, a light one after 20 of its periods', async () => {
  const created: Record<string, unknown> = {};
  const gone = () => Promise.reject(new ScheduleNotFoundError('gone', 'x'));
  const client = {
    schedule: {
      getHandle: () => ({ update: gone, delete: gone }),
      create: async ({ scheduleId, action }: ScheduleOptions) =>
        void (created[scheduleId] = action.workflowExecutionTimeout),
    },
  } as unknown as Client;
  const sync = { cron: '0 * * * *', timeZone: 'UTC' };
  const roster = { folder: undefined, cron: '0 6 * * *' };
  await applySchedules(client, { sync: { ...sync, lightEveryMs: 60_000 }, roster });
  expect(created).toEqual({ 'access-sync': 12 * 3_600_000, 'access-sync-light': 3_600_000 });
  await applySchedules(client, { sync: { ...sync, lightEveryMs: 600_000 }, roster });
  expect(created).toMatchObject({ 'access-sync-light': 12_000_000 });
});
