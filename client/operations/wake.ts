import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { personWorkflowId, recheckSignal } from '../../domain/contracts.ts';
import type { Operator } from '../../auth/operator.ts';

/** What an operator's command needs. Each leaves evidence with who did it, and wakes the process that waits for it. */
export interface OperatorContext extends Operator {
  readonly client: Client;
  readonly inventory: Inventory;
}

/** Has a process that is blocked or held look again at once. */
export async function wake(client: Client, personId: string): Promise<void> {
  try {
    await client.workflow.getHandle(personWorkflowId(personId)).signal(recheckSignal);
  } catch (error) {
    // Nobody waits: the next process sees it.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
