import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { PersonSignals } from '../activities/sync/signals.ts';
import type { Muster } from '../client/operations/muster.ts';
import { tellPerson } from '../client/operations/startPerson.ts';
import { accountActivatedSignal, personWorkflowId } from '../domain/contracts.ts';

/** How the sync reaches the people's processes. */
export function personSignals(client: Client, muster: Pick<Muster, 'submitEvent'>): PersonSignals {
  const handleOf = (personId: string) => client.workflow.getHandle(personWorkflowId(personId));
  return {
    async activated(personId, accountId) {
      try {
        await handleOf(personId).signal(accountActivatedSignal, { accountId });
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    look: (event) => tellPerson(client, event),
    async submit(event) {
      await muster.submitEvent(event);
    },
    async hasOpenRun(personId) {
      try {
        return (await handleOf(personId).describe()).status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
