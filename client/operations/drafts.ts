import { minuteMs } from '../../domain/durations.ts';
import { UsageError } from '../../domain/errors.ts';
import type { Ranks } from '../../domain/facts/ranks.ts';
import { checkHrEvent } from '../../domain/guards.ts';
import { personIdPattern, personIdRule } from '../../domain/ids.ts';
import type { HrEvent, PersonAttributes } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';

/** An event that was not checked yet. */
export type EventDraft = HrEvent;

/** After every day on which something takes effect. */
const endOfTime = '9999-12-31T00:00:00.000Z';

/** What the record says of the person at that time, or, where nothing is said by then, of a day to come. */
export async function latestAttributes(
  inventory: Pick<Inventory, 'attributesAt'>,
  personId: string,
  { at, ranks }: { readonly at: string; readonly ranks: Ranks },
): Promise<PersonAttributes | undefined> {
  return (
    (await inventory.attributesAt(personId, at, ranks)) ?? (await inventory.attributesAt(personId, endOfTime, ranks))
  );
}

/** Throws a `UsageError` for a mover without an e-mail where nobody has named the person by one. */
export async function requireNamed(
  inventory: Pick<Inventory, 'statementsOf'>,
  { kind, personId, person }: HrEvent,
): Promise<void> {
  if (kind !== 'mover' || person?.email !== undefined) return;
  const said = await inventory.statementsOf(personId);
  if (said.some((one) => one.person?.email !== undefined)) return;
  throw new UsageError(`person.email is missing: no person ${personId} is known yet, so the event must name it`);
}

/** How far a sender's clock may be ahead. */
const clockSkewMs = 5 * minuteMs;

/** Throws a `UsageError` for a fact of the future: it would outlast every later word. */
export function refuseFuture({ occurredAt }: Pick<HrEvent, 'occurredAt'>, now: Date): void {
  if (Date.parse(occurredAt) <= now.getTime() + clockSkewMs) return;
  throw new UsageError(`occurredAt ${occurredAt} lies in the future: it says when HR recorded the fact`);
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

/** Throws a `UsageError` where the eventId belongs to another event. */
export function rejectOtherEvent({ event: known }: Pick<IntakeRow, 'event'>, event: HrEvent): void {
  // Once it was fetched, a record says of what kind it is.
  const isSame = known.kind === event.kind || event.fetchId !== undefined;
  if (known.personId === event.personId && isSame) return;
  throw new UsageError(
    `eventId ${event.eventId} is taken by a ${known.kind} event of person ${known.personId}: give this event another id`,
  );
}
