import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { personWorkflowId, recheckSignal } from '../../domain/contracts.ts';
import type { Operator } from '../../auth/operator.ts';

/** What an operator's command needs. Each command leaves evidence of its actor, and wakes the process that waits. */
export interface OperatorContext extends Operator {
  readonly client: Client;
  readonly inventory: Inventory;
}

/** Makes a process that is blocked or held check again at once. */
export async function wake(client: Client, personId: string): Promise<void> {
  try {
    await client.workflow.getHandle(personWorkflowId(personId)).signal(recheckSignal);
  } catch (error) {
    // No process is open: the next one sees the change.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
