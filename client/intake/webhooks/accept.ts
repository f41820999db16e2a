import { createHash } from 'node:crypto';
import { UsageError } from '../../../domain/errors.ts';
import { ranksOf } from '../../../domain/facts/ranks.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { Source } from '../../../domain/policy/sources.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { Message } from '../../../inventory/port/sources.ts';
import { latestAttributes, refuseFuture, type EventDraft } from '../../operations/drafts.ts';
import type { Muster } from '../../operations/muster.ts';
import { endlessHire, hasEndWaiting } from '../contractors.ts';
import { aliasOf, refuseUnranked } from '../identity.ts';
import { LeftOut } from '../leftOut.ts';
import { draftsOf } from './drafts.ts';
import type { GivenMessage } from './messages.ts';

/**
 * The messages of one delivery, accepted by the engine. The delivery counts as accepted after that and never before, so after
 * a crash in between the sender repeats it, and the person's mailbox drops what it has.
 */

/** A delivery whose sender is proven. */
export interface ProvenDelivery {
  readonly source: Source;
  readonly id: string;
  readonly at: Date;
  /** SHA-256 of the body, hex. */
  readonly digest: string;
}

interface AcceptContext {
  readonly muster: Pick<Muster, 'submitEvent'>;
  readonly inventory: Inventory;
  readonly policy: Pick<Policy, 'defaultTimeZone' | 'identity' | 'sources'>;
  readonly now: () => Date;
  readonly onAccepted: (event: EventDraft) => void;
  /** Another message came under the same id before. */
  readonly onOtherBody: () => void;
}

export interface Accepted {
  readonly repeated: boolean;
  readonly events: { readonly eventId: string; readonly personId: string; readonly workflowId: string }[];
  /** Messages of a type that the source does not map. */
  readonly leftOut: number;
}

/** How long a delivery waits for Temporal to be told; it is on record before. HR senders give up after 3 seconds. */
const patienceMs = 400;

export async function acceptDelivery(
  context: AcceptContext,
  delivery: ProvenDelivery,
  read: (source: Source) => readonly (GivenMessage | undefined)[],
): Promise<Accepted> {
  const { muster, inventory, now, onAccepted, onOtherBody } = context;
  const { source, id: messageId, digest } = delivery;
  const message = { source: source.name, messageId, digest };
  const { position, isAccepted } = await inventory.claimDelivery(message, now().toISOString());
  if (isAccepted) return { repeated: true, events: [], leftOut: 0 };
  if (position > 0) onOtherBody();
  const messages = read(source);
  const events: Accepted['events'] = [];
  const left = new LeftOut();
  let isTemporalLate = false;
  for (const draft of await judge(context, { ...delivery, eventId: eventIdOf(message, position) }, messages)) {
    const submitted = await left.unlessTooMuch(draft.personId, () =>
      muster.submitEvent(draft, { timeoutMs: isTemporalLate ? 0 : patienceMs }),
    );
    if (submitted === undefined) continue;
    isTemporalLate ||= submitted.isDelayed === true;
    onAccepted(draft);
    events.push({ ...submitted, personId: draft.personId });
  }
  left.throwFirst();
  await inventory.recordDelivery(message, now().toISOString());
  return { repeated: false, events, leftOut: messages.filter((message) => message === undefined).length };
}

/** All are judged before the first is sent: nothing of a delivery is half done. */
async function judge(
  context: AcceptContext,
  { source: { name: source }, eventId: id, at }: ProvenDelivery & { readonly eventId: string },
  messages: readonly (GivenMessage | undefined)[],
): Promise<readonly EventDraft[]> {
  const { inventory, policy, now } = context;
  refuseUnranked(policy, source);
  const drafts: EventDraft[] = [];
  for (const [index, message] of messages.entries()) {
    if (message === undefined) continue;
    const eventId = id + (messages.length > 1 ? `:${index}` : '');
    const defaultTimeZone = (await knownZone(context, source, message)) ?? policy.defaultTimeZone;
    const said = draftsOf(message, { eventId, source, at, defaultTimeZone });
    await requireEnd(context, source, said);
    drafts.push(...said);
  }
  for (const draft of drafts) refuseFuture(draft, now());
  const addressed: EventDraft[] = [];
  for (const draft of drafts) {
    const identity = { source, externalId: draft.personId, email: draft.person?.email };
    const { personId } = await aliasOf(inventory, identity, { at: now().toISOString(), policy });
    addressed.push({ ...draft, personId });
  }
  return addressed;
}

/** A message that says what has changed omits the time zone: the person's own is known. A whole record says everything. */
async function knownZone(
  { inventory, policy, now }: AcceptContext,
  source: string,
  { type, data }: GivenMessage,
): Promise<string | undefined> {
  if (type === 'fetch' || type === 'person.updated' || data.timeZone !== undefined) return undefined;
  const at = now().toISOString();
  const identity = { source, externalId: data.personId, email: data.email };
  const { personId } = await aliasOf(inventory, identity, { at, policy });
  return (await latestAttributes(inventory, personId, { at, ranks: ranksOf(policy) }))?.timeZone;
}

/** A contractor who joins has an end, by this message or by one that waits, or a sponsor. */
async function requireEnd({ inventory }: AcceptContext, source: string, drafts: readonly EventDraft[]): Promise<void> {
  const problem = await endlessHire(drafts, async ({ kind, personId: externalId }) => {
    const alias = kind === 'joiner' ? await inventory.findAlias({ source, externalId }) : undefined;
    return alias !== undefined && (await hasEndWaiting(inventory, alias.personId));
  });
  if (problem === undefined) return;
  throw new UsageError(
    `${problem}. Send extra.sponsor, person.updated with leaveDate, or the leaver before the joiner`,
  );
}

/** The same message of the same source is the same event, whatever was lost in between; other bodies under its id are others. */
function eventIdOf({ source, messageId, digest }: Message, position: number): string {
  const other = position === 0 ? '' : `:${digest.slice(0, 16)}`;
  if (/^[\w.-]{1,120}$/.test(messageId)) return `${source}:${messageId}${other}`;
  return `${source}:sha256:${createHash('sha256').update(messageId).digest('hex')}${other}`;
}
