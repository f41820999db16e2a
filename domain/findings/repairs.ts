import type { HrEvent } from '../model.ts';
import type { Found } from './found.ts';

/** Asks the person's process to compare and mend. Sent again for the same run or approved batch it is a duplicate. */
export function repairEvent(
  { personId, subjects }: { readonly personId: string; readonly subjects: readonly string[] },
  runId: string,
  at: string,
): HrEvent {
  const what = subjects.map((subject) => subject.slice(personId.length + 1)).join(', ');
  return {
    eventId: `repair:${runId}:${personId}`,
    kind: 'reconcile',
    personId,
    occurredAt: at,
    effectiveAt: at,
    source: 'sync',
    reason: `drift: ${what}`.slice(0, 1_000),
  };
}

/** A finding about repairs that are held because they were too many at once. */
export function heldRepairs(
  batch: { readonly batchId: string; readonly people: number } | undefined,
): readonly Found[] {
  if (batch === undefined) return [];
  const name = `${batch.people} people`;
  return [{ kind: 'repairsHeld', subject: 'batch', scope: 'batch', name, severity: 'high', evidence: batch }];
}
