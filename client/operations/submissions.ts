import { recordDecision, type Operator } from '../../auth/operator.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';

/** Who gave an event by the command line: its source says only that it came from there. */
export async function noteSubmission(
  inventory: Pick<Inventory, 'appendEvidence'>,
  by: Operator,
  {
    personId,
    eventId,
    kind,
    reason,
    effectiveAt,
  }: Pick<HrEvent, 'personId' | 'eventId' | 'kind' | 'reason'> & { readonly effectiveAt?: string },
): Promise<void> {
  const after = { kind, effectiveAt };
  await recordDecision(inventory, by, { personId, eventId, step: 'submit', action: `submit ${kind}`, reason, after });
}
