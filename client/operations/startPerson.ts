import { TypedSearchAttributes } from '@temporalio/common';
import { personWorkflowId, searchAttributes, taskQueues } from '../../domain/contracts.ts';

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
