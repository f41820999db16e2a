import type { Operator } from '../../auth/operator.ts';
import { FailedError, RefusedError } from '../../domain/errors.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Source } from '../../domain/policy/sources.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { RefusalRow } from '../../inventory/port/refusals.ts';
import type { EventDraft } from '../operations/drafts.ts';
import type { Muster } from '../operations/muster.ts';
import { decideRefused, noteRetry, refusalOf, unsealed } from '../operations/refusals.ts';
import { refuseUnranked } from './identity.ts';
import { retryAdoption, retryRow } from './roster/retry.ts';
import { retryScim } from './scimRetry.ts';
import type { Cells } from './roster/read.ts';
import { judgeItems } from './webhooks/items.ts';
import { itemsOf, type SaidItem } from './webhooks/mapping.ts';

interface RetryContext {
  readonly inventory: Inventory;
  readonly muster: Pick<Muster, 'submitEvent' | 'submitEvents'>;
  readonly policy: Policy;
}

interface Retry {
  readonly refusalId: string;
  readonly reason?: string;
  /** The operator says that a person whose record is gone has left. */
  readonly hasLeft: boolean;
}

interface Retried extends RefusalRow {
  /** What was submitted. */
  readonly events: readonly Pick<EventDraft, 'eventId' | 'personId' | 'kind'>[];
}

const timeoutMs = 10_000;

/**
 * Judges again what was refused, by today's policy and record. Throws a `FailedError` with the reason where it is refused again: it
 * stays on the list then.
 */
export async function retryRefused(context: RetryContext, by: Operator, retry: Retry): Promise<Retried> {
  const { inventory, policy } = context;
  const row = await refusalOf(inventory, retry.refusalId);
  if (row.state !== 'open') throw new RefusedError(`Refusal ${row.refusalId} was decided already: nothing is changed`);
  refuseUnranked(policy, row.source);
  const payload = await unsealed(inventory, row.refusalId);
  if (payload === undefined) {
    throw new FailedError(`What ${row.source} said is not kept any more: have it sent again, then drop this one`);
  }
  if (row.way === 'scim') {
    await retryScim(inventory, row);
    await noteRetry(inventory, by, { row, reason: retry.reason });
    return { ...row, events: [] };
  }
  const events = await submitAgain(context, row, payload, retry);
  const decided = await decideRefused(inventory, by, { ...retry, state: 'retried' });
  return { ...decided, events: events.map(({ eventId, personId, kind }) => ({ eventId, personId, kind })) };
}

async function submitAgain(
  context: RetryContext,
  row: RefusalRow,
  payload: unknown,
  retry: Retry,
): Promise<Retried['events']> {
  if (row.way === 'roster') return retryRow(context, row, payload as Cells);
  if (row.way === 'adopt') return retryAdoption(context, payload as Cells);
  const events = await eventsOf(context, row, payload, retry);
  const results = await context.muster.submitEvents(events, { timeoutMs });
  const failed = results.find((result) => result instanceof Error);
  if (failed !== undefined) throw new FailedError(`Refused again: ${failed.message}`);
  return events;
}

async function eventsOf(
  context: RetryContext,
  row: RefusalRow,
  payload: unknown,
  { hasLeft }: Retry,
): Promise<readonly EventDraft[]> {
  if (row.way === 'fetchBack') return [fetchedAgain(row, payload, hasLeft)];
  const source = context.policy.sources.find(({ name }) => name === row.source) ?? { name: row.source };
  const judged = await judgeItems(
    { ...context, now: () => new Date() },
    { source, at: new Date(row.lastAt) },
    saidBy(source, payload as SaidItem).map((item, index) => ({
      item,
      eventId: `${row.ref}${index === 0 ? '' : `:${index}`}`,
    })),
  );
  return judged.flatMap((one) => {
    if ('refused' in one) throw new FailedError(`Refused again: ${one.refused}`);
    return 'events' in one ? one.events : [];
  });
}

/** A payload in which no list was found may have one by today's map. */
const saidBy = (source: Source, said: SaidItem): readonly SaidItem[] =>
  'whole' in said ? itemsOf(source, said.whole) : [said];

/** HR is asked anew; or the person, whose record is gone, leaves. */
function fetchedAgain(
  { ref, source, personId = '', externalId }: RefusalRow,
  payload: unknown,
  hasLeft: boolean,
): EventDraft {
  const at = new Date().toISOString();
  const isGone = typeof payload === 'object' && payload !== null && 'isGone' in payload;
  const event = { personId, occurredAt: at, effectiveAt: at, source };
  if (!hasLeft) return { ...event, eventId: `${ref}:again:${at}`.slice(-200), kind: 'updated', fetchId: externalId };
  if (!isGone) throw new RefusedError("HR's record is there: it says whether they have left");
  return {
    ...event,
    eventId: `${ref}:left`.slice(-200),
    kind: 'leaver',
    reason: "HR's record is gone; an operator says that they have left",
  };
}
