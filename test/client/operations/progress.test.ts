import { expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { queryStatus } from '../../../client/operations/progress.ts';
import { FailedError } from '../../../domain/errors.ts';

/** A server whose queries are lost for a time: a query that is not answered in time fails at its deadline. */
function clientLosing(lost: number) {
  let deadline = Infinity;
  const asked = { count: 0 };
  const client = {
    workflow: {
      getHandle: () => ({
        describe: async () => ({ status: { name: 'RUNNING' } }),
        query: async () => {
          asked.count += 1;
          if (asked.count > lost) return { phase: 'waitingForAcceptance' };
          await pause(Math.max(1, deadline - Date.now() + 5));
          throw new Error('deadline exceeded');
        },
      }),
    },
    withDeadline: async (at: number, ask: () => Promise<unknown>) => {
      deadline = at;
      return ask();
    },
  };
  return { client: client as unknown as Client, asked };
}

test('a query that is lost, since the run was left to the next one, is asked again', async () => {
  const { client, asked } = clientLosing(1);
  expect(await queryStatus(client, 'ada')).toMatchObject({ phase: 'waitingForAcceptance' });
  expect(asked.count).toBe(2);
});

test('a worker that answers no query is said after the time that was given', async () => {
  const { client, asked } = clientLosing(Infinity);
  await expect(queryStatus(client, 'ada', 2_000)).rejects.toThrow(new FailedError('no worker answered within 2 s'));
  expect(asked.count).toBe(2);
});
