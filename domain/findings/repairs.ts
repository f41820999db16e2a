import type { RemovalKind } from '../access/changeBudget.ts';
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

/** The batch, or the run, whose repair of this person the event is. */
export function batchOfRepair(eventId: string, personId: string): string | undefined {
  const [prefix, suffix] = ['repair:', `:${personId}`];
  const isOne = eventId.startsWith(prefix) && eventId.endsWith(suffix);
  return isOne ? eventId.slice(prefix.length, -suffix.length) : undefined;
}

/** A finding about repairs that are held because they were too many at once. */
export function heldRepairs(
  batch: { readonly batchId: string; readonly people: number } | undefined,
): readonly Found[] {
  if (batch === undefined) return [];
  const name = `${batch.people} people`;
  return [{ kind: 'repairsHeld', subject: 'batch', scope: 'batch', name, severity: 'high', evidence: batch }];
}

/** A finding about everything that the change budget holds until a person has said so. */
export function heldRemovals(
  held: readonly { readonly personId: string; readonly kind: RemovalKind; readonly askedAt: string }[],
): readonly Found[] {
  const [oldest] = held;
  if (oldest === undefined) return [];
  const people = new Set(held.map(({ personId }) => personId)).size;
  const kinds = [...new Set(held.map(({ kind }) => kind))].toSorted();
  const evidence = { people, kinds, since: oldest.askedAt };
  return [
    { kind: 'removalsHeld', subject: 'held', scope: 'held', name: `${people} people`, severity: 'high', evidence },
  ];
}
