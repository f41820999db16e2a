import { createHash } from 'node:crypto';
import { UsageError } from '../../../domain/errors.ts';
import { minuteMs } from '../../../domain/durations.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { Source } from '../../../domain/policy/sources.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { latestAttributes, type EventDraft } from '../../operations/drafts.ts';
import type { Muster } from '../../operations/muster.ts';
import { endlessHire, hasEndWaiting } from '../contractors.ts';
import { aliasOf, authorityOf, withinAuthority } from '../identity.ts';
import { draftsOf } from './drafts.ts';
import type { GivenMessage } from './messages.ts';

/**
 * The messages of one delivery, accepted by the engine. The id of the delivery is recorded after that and never before, so after
 * a crash in between the sender repeats it, and the person's mailbox drops what it has.
 */

/** A delivery whose sender is proven. */
export interface ProvenDelivery {
  readonly source: Source;
  readonly id: string;
  readonly at: Date;
}

interface AcceptContext {
  readonly muster: Pick<Muster, 'submitEvent'>;
  readonly inventory: Inventory;
  readonly policy: Pick<Policy, 'defaultTimeZone' | 'identity'>;
  readonly now: () => Date;
  readonly onAccepted: (event: EventDraft) => void;
}

export interface Accepted {
  readonly repeated: boolean;
  readonly events: { readonly eventId: string; readonly personId: string; readonly workflowId: string }[];
  /** Messages of a type that the source does not map. */
  readonly leftOut: number;
}

/** HR senders give up after 3 seconds. */
const engineDeadlineMs = 2_500;
/** How far a sender's clock may be ahead. */
const clockSkewMs = 5 * minuteMs;

export async function acceptDelivery(
  context: AcceptContext,
  delivery: ProvenDelivery,
  read: (source: Source) => readonly (GivenMessage | undefined)[],
): Promise<Accepted> {
  const { muster, inventory, now, onAccepted } = context;
  const { source, id } = delivery;
  if (await inventory.isDelivered(source.name, id)) return { repeated: true, events: [], leftOut: 0 };
  const messages = read(source);
  const events: Accepted['events'] = [];
  for (const draft of await judge(context, delivery, messages)) {
    const submitted = await muster.submitEvent(draft, { timeoutMs: engineDeadlineMs });
    onAccepted(draft);
    events.push({ ...submitted, personId: draft.personId });
  }
  await inventory.recordDelivery(source.name, id, now().toISOString());
  return { repeated: false, events, leftOut: messages.filter((message) => message === undefined).length };
}

/** All are judged before the first is sent: nothing of a delivery is half done. */
async function judge(
  context: AcceptContext,
  { source: { name: source }, id, at }: ProvenDelivery,
  messages: readonly (GivenMessage | undefined)[],
): Promise<readonly EventDraft[]> {
  const { inventory, policy, now } = context;
  const drafts: EventDraft[] = [];
  for (const [index, message] of messages.entries()) {
    if (message === undefined) continue;
    const eventId = eventIdOf(source, id) + (messages.length > 1 ? `:${index}` : '');
    const defaultTimeZone = (await knownZone(context, source, message)) ?? policy.defaultTimeZone;
    const said = draftsOf(message, { eventId, source, at, defaultTimeZone });
    await requireEnd(context, source, said);
    drafts.push(...said);
  }
  const latest = now().getTime() + clockSkewMs;
  if (drafts.some(({ occurredAt }) => Date.parse(occurredAt) > latest)) {
    throw new UsageError('timestamp lies in the future: it says when HR recorded the fact');
  }
  const addressed: EventDraft[] = [];
  for (const draft of drafts) {
    const identity = { source, externalId: draft.personId, email: draft.person?.email };
    const { personId, isAuthoritative } = await aliasOf(inventory, identity, now().toISOString());
    addressed.push(withinAuthority({ ...draft, personId }, authorityOf(isAuthoritative, policy, source)));
  }
  return addressed;
}

/** A message that says what has changed omits the time zone: the person's own is known. A whole record says everything. */
async function knownZone(
  { inventory, now }: AcceptContext,
  source: string,
  { type, data }: GivenMessage,
): Promise<string | undefined> {
  if (type === 'fetch' || type === 'person.updated' || data.timeZone !== undefined) return undefined;
  const at = now().toISOString();
  const { personId } = await aliasOf(inventory, { source, externalId: data.personId, email: data.email }, at);
  return (await latestAttributes(inventory, personId, at))?.timeZone;
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

/** The same message of the same source is the same event, whatever was lost in between. */
function eventIdOf(source: string, id: string): string {
  if (/^[\w.-]{1,120}$/.test(id)) return `${source}:${id}`;
  return `${source}:sha256:${createHash('sha256').update(id).digest('hex')}`;
}
