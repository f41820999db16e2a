import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { personWorkflowId } from '../../domain/contracts.ts';
import { TooMuchError, UsageError } from '../../domain/errors.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { checkedEvent, refuseFuture, rejectOtherEvent, requireNamed, type EventDraft } from './drafts.ts';
import { tellPerson } from './startPerson.ts';
import { isTemporalFailure } from './temporal.ts';

/** What became of one event of many: on record, or not, and why. */
export type SubmittedOne = { readonly eventId: string; readonly workflowId: string } | UsageError | TooMuchError;

interface SubmitContext {
  readonly client: Client;
  readonly inventory: Inventory;
  readonly now: () => Date;
}

interface Sound {
  readonly event: HrEvent;
  /** It was on record, and its person's process has ended it: nobody has to be told. */
  readonly isApplied: boolean;
}

/** One transaction holds the locks of so many people at most. */
const chunkSize = 200;
const toldAtOnce = 8;
/** A Temporal that is slow is told all the same. */
const tellWithinMs = 10_000;

/**
 * Puts events on record, many in a transaction, and tells their people's processes. Each has a result of its own, in the order of the
 * drafts: one that is above a bound keeps back later ones of its person, and nobody else's. The caller waits `timeoutMs` for Temporal
 * and no longer; whom it could not tell, the sync tells.
 */
export async function submitEvents(
  context: SubmitContext,
  drafts: readonly EventDraft[],
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<readonly SubmittedOne[]> {
  const results: SubmittedOne[] = [];
  const keptBack = new Map<string, TooMuchError>();
  const toTell: HrEvent[] = [];
  for (let from = 0; from < drafts.length; from += chunkSize) {
    const chunk = drafts.slice(from, from + chunkSize);
    const judged = await judge(context, chunk, keptBack);
    const sound = judged.filter((one) => 'event' in one);
    const received = await context.inventory.receiveEvents(
      sound.map(({ event }) => event),
      new Date().toISOString(),
    );
    const became = new Map<unknown, (typeof received)[number] | undefined>(
      sound.map((one, index) => [one, received[index]]),
    );
    for (const one of judged) {
      if (!('event' in one)) {
        results.push(one);
        continue;
      }
      const { eventId, personId } = one.event;
      const result = became.get(one);
      if (result instanceof TooMuchError) {
        keptBack.set(personId, result);
        results.push(result);
        continue;
      }
      results.push({ eventId, workflowId: personWorkflowId(personId) });
      if (!one.isApplied) toTell.push(one.event);
    }
  }
  const late = new AbortController();
  const waited = delay(timeoutMs, undefined, { ref: false, signal: late.signal }).catch(() => undefined);
  await Promise.race([tellAll(context, toTell), waited]);
  late.abort();
  return results;
}

async function judge(
  { inventory, now }: SubmitContext,
  drafts: readonly EventDraft[],
  keptBack: ReadonlyMap<string, TooMuchError>,
): Promise<readonly (Sound | UsageError | TooMuchError)[]> {
  const rows = await inventory.findEvents(drafts.map(({ eventId }) => eventId));
  const known = new Map(rows.map((row) => [row.event.eventId, row]));
  const judged: (Sound | UsageError | TooMuchError)[] = [];
  for (const draft of drafts) {
    const row = known.get(draft.eventId);
    const above = row === undefined ? keptBack.get(draft.personId) : undefined;
    if (above !== undefined) {
      judged.push(above);
      continue;
    }
    try {
      const event = checkedEvent(draft);
      refuseFuture(event, now());
      await requireNamed(inventory, event);
      if (row !== undefined) rejectOtherEvent(row, event);
      judged.push({ event, isApplied: row?.appliedAt !== undefined });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      judged.push(error);
    }
  }
  return judged;
}

/** A few at a time. Where Temporal is away, the others are left to the sync. */
async function tellAll({ client }: SubmitContext, events: HrEvent[]): Promise<void> {
  const waiting = [...events];
  const tellInTurn = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      const one = event;
      try {
        await client.withDeadline(Date.now() + tellWithinMs, () => tellPerson(client, one));
      } catch (error) {
        if (!isTemporalFailure(error)) throw error;
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: toldAtOnce }, tellInTurn));
}
