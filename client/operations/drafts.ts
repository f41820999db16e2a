import type { Inventory } from '../../inventory/port/inventory.ts';
import { UsageError } from '../../domain/errors.ts';
import { checkHrEvent } from '../../domain/guards.ts';
import { personIdPattern, personIdRule } from '../../domain/ids.ts';
import type { HrEvent, PersonAttributes } from '../../domain/model.ts';

/** An event as it was typed: a mover may have only the fields that changed. */
export type EventDraft = Omit<HrEvent, 'person'> & { readonly person?: Partial<PersonAttributes> };

type KnownPeople = Pick<Inventory, 'findPerson' | 'waitingEvents'>;

/** Fills a mover's missing fields from what is known about the person; other events stay as they are. */
export async function completeEvent(inventory: KnownPeople, draft: EventDraft): Promise<EventDraft> {
  if (draft.kind !== 'mover') return draft;
  const known = await latestAttributes(inventory, draft.personId, draft.effectiveAt);
  return { ...draft, person: mergeAttributes(known, draft.person) };
}

/**
 * The newest attributes by HR that hold at `effectiveAt`; those of an event that waits for a later day only where nothing
 * else is known.
 */
export async function latestAttributes(
  inventory: KnownPeople,
  personId: string,
  effectiveAt: string,
): Promise<PersonAttributes | undefined> {
  const [record, waiting] = await Promise.all([
    inventory.findPerson(personId),
    inventory.waitingEvents({ personId, limit: 1_000 }),
  ]);
  const words = waiting
    .flatMap(({ event }) => (event.person === undefined ? [] : [{ ...event, person: event.person }]))
    .toSorted((a, b) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt));
  const inForce = words.find((word) => Date.parse(word.effectiveAt) <= Date.parse(effectiveAt));
  const applied = record?.attributes;
  if (applied === undefined) return (inForce ?? words[0])?.person;
  const appliedAt = Date.parse(record?.lines.attributes?.occurredAt ?? '') || 0;
  return inForce !== undefined && Date.parse(inForce.occurredAt) > appliedAt ? inForce.person : applied;
}

function mergeAttributes(
  known: PersonAttributes | undefined,
  given: Partial<PersonAttributes> | undefined,
): Partial<PersonAttributes> {
  const extra = { ...known?.extra, ...given?.extra };
  return { ...known, ...given, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}

/** The event, or a `UsageError` that names the field. */
export function checkedEvent(event: unknown): HrEvent {
  const personId = typeof event === 'object' && event !== null && 'personId' in event ? event.personId : undefined;
  if (typeof personId !== 'string' || !personIdPattern.test(personId)) {
    throw new UsageError(`personId must be ${personIdRule}, such as e-1042`);
  }
  const checked = checkHrEvent(event, personId);
  if (!checked.ok) throw new UsageError(checked.why);
  return checked.value;
}
