import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { keepLastErrors } from '../../activities/lastErrors.ts';
import { waitingFailures } from '../../domain/failures.ts';
import { personWorkflowId } from '../../domain/ids.ts';

const ends: Readonly<Record<string, () => Promise<string>>> = {
  well: async () => 'done',
  badly: () => Promise.reject(ApplicationFailure.nonRetryable('refused', 'InvalidRequest')),
  waiting: () => Promise.reject(ApplicationFailure.create({ message: 'not yet', type: waitingFailures.StillPending })),
};

/** What one attempt of a person's activity leaves on record. */
async function traceOf(attempt: number, run: () => Promise<string>, isSomebodyAtWork = true) {
  const trace: string[] = [];
  const { kept } = keepLastErrors(
    {
      recordTrouble: async ({ personId, lastError }) => void trace.push(`${personId}: ${lastError}`),
      clearTrouble: async (personId) => void trace.push(`${personId}: none`),
      waitingEvents: async () => (isSomebodyAtWork ? [{} as never] : []),
    },
    { kept: run },
  );
  const workflowExecution = { workflowId: personWorkflowId('p-1'), runId: 'run' };
  const environment = new MockActivityEnvironment({ attempt, workflowType: 'offboarding', workflowExecution });
  await environment.run(kept).catch(() => undefined);
  return trace;
}

test.each(Object.keys(ends))(
  'a retry that ends %s takes the last error back, and a first attempt none',
  async (end) => {
    const run = ends[end] as () => Promise<string>;
    expect(await traceOf(2, run)).toEqual(['p-1: none']);
    expect(await traceOf(1, run)).toEqual([]);
  },
);

test('what is retried is kept without addresses, where somebody is at work', async () => {
  const run = () => Promise.reject(new Error('502 for ada@example.com'));
  expect(await traceOf(1, run)).toEqual(['p-1: 502 for [address]']);
  expect(await traceOf(1, run, false)).toEqual([]);
});
