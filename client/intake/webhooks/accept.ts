import { createHash } from 'node:crypto';
import { TooMuchError, UsageError } from '../../../domain/errors.ts';
import type { Source } from '../../../domain/policy/sources.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { RefusedItem } from '../../../inventory/port/refusals.ts';
import type { Message } from '../../../inventory/port/sources.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import type { Muster } from '../../operations/muster.ts';
import { refuseUnranked } from '../identity.ts';
import { LeftOut } from '../leftOut.ts';
import { judgeItems, type About, type ItemContext, type JudgedItem } from './items.ts';
import { itemsOf } from './mapping.ts';

/**
 * The items of one delivery, each taken or refused on record. The delivery counts as accepted after that and never before, so after
 * a crash in between the sender repeats it, and what is on record stays as it is.
 */

/** A delivery whose sender is proven. */
export interface ProvenDelivery {
  readonly source: Source;
  readonly id: string;
  readonly at: Date;
  /** SHA-256 of the body, hex. */
  readonly digest: string;
}

interface AcceptContext extends ItemContext {
  readonly muster: Pick<Muster, 'submitEvents'>;
  readonly inventory: Inventory;
  readonly onAccepted: (event: EventDraft) => void;
  readonly onRefused: (refused: readonly RefusedItem[]) => void;
  /** Another message came under the same id before. */
  readonly onOtherBody: () => void;
}

export interface Accepted {
  readonly repeated: boolean;
  readonly events: { readonly eventId: string; readonly personId: string; readonly workflowId: string }[];
  /** Items that cannot be taken: they are on record. */
  readonly refused: { readonly index: number; readonly reason: string }[];
  /** Items of a type that the source does not map. */
  readonly leftOut: number;
}

/** How long a delivery waits for Temporal to be told; it is on record before. HR senders give up after 3 seconds. */
const patienceMs = 400;

/** Throws a `RefusedError` for a source without a rank, and a `TooMuchError` where not everything could be taken now. */
export async function acceptDelivery(
  context: AcceptContext,
  delivery: ProvenDelivery,
  payload: unknown,
): Promise<Accepted> {
  const { inventory, policy, now, onOtherBody } = context;
  const { source, id: messageId, digest } = delivery;
  const message = { source: source.name, messageId, digest };
  const { position, isAccepted } = await inventory.claimDelivery(message, now().toISOString());
  if (isAccepted) return { repeated: true, events: [], refused: [], leftOut: 0 };
  if (position > 0) onOtherBody();
  refuseUnranked(policy, source.name);
  const eventId = eventIdOf(message, position);
  const said = itemsOf(source, payload);
  const items = said.map((item, index) => ({ item, eventId: said.length > 1 ? `${eventId}:${index}` : eventId }));
  const judged = await judgeItems(context, { source, at: delivery.at }, items);
  const done = await takeAll(context, source.name, judged);
  await inventory.recordDelivery(message, now().toISOString());
  return done;
}

/** Events and refusals, on record. What is above a bound is said once the rest is there. */
export async function takeAll(
  { muster, inventory, now, onAccepted, onRefused }: Omit<AcceptContext, 'onOtherBody' | 'policy'>,
  source: string,
  judged: readonly JudgedItem[],
): Promise<Accepted> {
  const drafts = judged.flatMap((one) => ('events' in one ? one.events : []));
  const submitted = (await muster.submitEvents(drafts, { timeoutMs: patienceMs })).values();
  const events: Accepted['events'] = [];
  const refused: { readonly index: number; readonly item: RefusedItem }[] = [];
  const left = new LeftOut();
  for (const [index, one] of judged.entries()) {
    if ('refused' in one) refused.push({ index, item: refusedBy(source, one) });
    if (!('events' in one)) continue;
    for (const draft of one.events) {
      const result = submitted.next().value;
      if (result instanceof TooMuchError) left.add(draft.personId, result);
      else if (result instanceof UsageError) {
        refused.push({ index, item: refusedBy(source, { ...one, refused: result.message, kind: draft.kind }) });
      } else if (result !== undefined) {
        onAccepted(draft);
        events.push({ ...result, personId: draft.personId });
      }
    }
  }
  if (refused.length > 0) {
    const items = refused.map(({ item }) => item);
    await inventory.refuseItems(items, now().toISOString());
    onRefused(items);
  }
  left.throwFirst();
  return {
    repeated: false,
    events,
    refused: refused.map(({ index, item: { reason } }) => ({ index, reason })),
    leftOut: judged.filter((one) => 'unmapped' in one).length,
  };
}

const refusedBy = (source: string, about: About & { readonly refused: string }): RefusedItem => ({
  source,
  way: 'webhook',
  ref: about.eventId,
  externalId: about.externalId,
  personId: about.personId,
  kind: about.kind,
  reason: about.refused,
  payload: about.item,
});

/** The same message of the same source is the same event, whatever was lost in between; other bodies under its id are others. */
function eventIdOf({ source, messageId, digest }: Message, position: number): string {
  const other = position === 0 ? '' : `:${digest.slice(0, 16)}`;
  if (/^[\w.-]{1,120}$/.test(messageId)) return `${source}:${messageId}${other}`;
  return `${source}:sha256:${createHash('sha256').update(messageId).digest('hex')}${other}`;
}
