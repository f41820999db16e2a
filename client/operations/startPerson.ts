import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import {
  cancelEventSignal,
  hrEventSignal,
  personWorkflowId,
  priorityOf,
  searchAttributes,
  taskQueues,
} from '../../domain/contracts.ts';
import { processOf } from '../../domain/mailbox.ts';
import type { HrEvent } from '../../domain/model.ts';

/** How a person's workflow is started, or reached where it is open already. `summary` is shown in Temporal's list. */
export const personStartOptions = (personId: string, summary: string) =>
  ({
    workflowId: personWorkflowId(personId),
    taskQueue: taskQueues.muster,
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.personId, value: personId },
      { key: searchAttributes.phase, value: 'preparing' },
    ]),
    staticSummary: summary,
  }) as const;

const signals = { hrEvent: hrEventSignal, cancelEvent: cancelEventSignal } as const;

/** Has the person's process look at an event that is on record; it is started where none is open. */
export async function tellPerson(
  client: Pick<Client, 'workflow'>,
  { eventId, personId, kind }: Pick<HrEvent, 'eventId' | 'personId' | 'kind'>,
  signal: keyof typeof signals = 'hrEvent',
): Promise<void> {
  await client.workflow.signalWithStart(processOf({ kind }), {
    ...personStartOptions(personId, signal === 'hrEvent' ? kind : `cancel ${kind}`),
    priority: { priorityKey: priorityOf(processOf({ kind })) },
    args: [{}],
    signal: signals[signal],
    signalArgs: [{ eventId }],
  });
}
