import { expect, test } from '@jest/globals';
import { personWorkflowId, taskQueues } from '../../domain/contracts.ts';
import { employ } from '../support/employees.ts';
import { hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { onSkippedTime, type SkippedTime } from '../support/skippedTime.ts';

const minute = 60_000;

/** The priority that the run was started with, and the task queues of its calls. */
async function placeOf({ client }: SkippedTime, personId: string) {
  const { events } = await client.workflow.getHandle(personWorkflowId(personId)).fetchHistory();
  const all = events ?? [];
  const queues = all.map((one) => one.activityTaskScheduledEventAttributes?.taskQueue?.name);
  return {
    priority: all[0]?.workflowExecutionStartedEventAttributes?.priority?.priorityKey,
    queues: [...new Set(queues.filter((name) => name !== undefined && name !== taskQueues.muster))],
  };
}

test('a leaver goes before everybody else, and waits for nobody else’s calls', () =>
  onSkippedTime(
    async (stage) => {
      const { muster, now } = stage;
      await employ(stage, 'l-1');
      const leaver = hrEvent('leaver', 'l-1', { at: await now(-minute) });
      await muster.submitEvent(leaver);
      await outcomeOf(stage, leaver);
      await muster.submitEvent(hrEvent('joiner', 'j-1', { at: await now(-minute) }));
      await inPhase(stage, 'j-1', 'waitingForAcceptance');
      expect(await placeOf(stage, 'l-1')).toEqual({ priority: 1, queues: [taskQueues.leavers] });
      expect(await placeOf(stage, 'j-1')).toEqual({ priority: 3, queues: [taskQueues.datadog] });
    },
    { simulator: { people: 3, nhis: 0 } },
  ));
