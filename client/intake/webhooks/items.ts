import { UsageError } from '../../../domain/errors.ts';
import type { EventKind } from '../../../domain/model.ts';
import type { Source } from '../../../domain/policy/sources.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { SourceIdentity } from '../../../inventory/port/sources.ts';
import type { EventDraft } from '../../operations/drafts.ts';
import { styleOf } from '../dates.ts';
import { bindAliases } from '../identity.ts';
import { judgeMessage, type JudgeContext } from '../judge.ts';
import { readItem, type SaidItem } from './mapping.ts';
import { kindOf } from './reading.ts';
import type { GivenMessage } from './messages.ts';

/** The items of a delivery, each judged by itself: what one of them lacks keeps none of the others back. */

export interface ItemContext extends JudgeContext {
  readonly inventory: JudgeContext['inventory'] & Pick<Inventory, 'findAliases' | 'inTransaction'>;
}

/** An item, and the id that its event has. */
interface Numbered {
  readonly item: SaidItem;
  readonly eventId: string;
}

/** An item that is about somebody. */
export interface About extends Numbered {
  readonly externalId?: string;
  readonly personId?: string;
  readonly kind?: EventKind;
}

export type JudgedItem =
  | { readonly unmapped: true }
  | (About & { readonly refused: string })
  | (About & { readonly events: readonly EventDraft[] });

interface Arrived {
  readonly source: Source;
  readonly at: Date;
}

/** Whom it is about is not settled before it is known to be taken: what is refused makes nobody known. */
interface Judging extends Numbered {
  readonly message: GivenMessage;
  readonly leftOut: readonly string[];
}

/** One transaction binds so many ids of people. */
const chunkSize = 100;

export async function judgeItems(
  context: ItemContext,
  arrived: Arrived,
  items: readonly Numbered[],
): Promise<readonly JudgedItem[]> {
  const { inventory, policy } = context;
  const { source } = arrived;
  const read = items.map((one) => ({ ...one, read: readItem(source, one.item, styleOf(source, policy)) }));
  const readable = read.flatMap(({ item, eventId, read: one }) =>
    one !== 'unmapped' && 'message' in one ? [{ item, eventId, ...one }] : [],
  );
  const identities = readable.map(({ message }) => identityOf(source, message));
  const aliases = await inventory.findAliases(source.name, identities);
  const unbound: { readonly one: Judging; readonly identity: SourceIdentity }[] = [];
  const judged = new Map<string, JudgedItem>();
  for (const [index, one] of readable.entries()) {
    const personId = aliases[index]?.personId;
    const result = await judge(context, arrived, one, personId ?? one.message.data.personId);
    judged.set(one.eventId, result);
    const identity = identities[index];
    if (personId === undefined && 'events' in result && identity !== undefined) unbound.push({ one, identity });
  }
  const at = context.now().toISOString();
  for (let from = 0; from < unbound.length; from += chunkSize) {
    const some = unbound.slice(from, from + chunkSize);
    const bound = await bindAliases(
      inventory,
      some.map(({ identity }) => identity),
      { at, policy },
    );
    for (const [index, { one }] of some.entries()) {
      const personId = bound[index]?.personId;
      if (personId === undefined || personId === one.message.data.personId) continue;
      judged.set(one.eventId, await judge(context, arrived, one, personId));
    }
  }
  return read.map(({ item, eventId, read: one }): JudgedItem => {
    if (one === 'unmapped') return { unmapped: true };
    return 'refused' in one ? { item, eventId, ...one } : (judged.get(eventId) as JudgedItem);
  });
}

async function judge(
  context: ItemContext,
  { source, at }: Arrived,
  { item, eventId, message, leftOut }: Judging,
  personId: string,
): Promise<JudgedItem> {
  const about = { item, eventId, personId, externalId: message.data.personId, kind: kindOf(message) };
  const { timeZone: defaultTimeZone } = styleOf(source, context.policy);
  try {
    const arrival = { eventId, source: source.name, at, defaultTimeZone, leftOut, personId };
    return { ...about, events: await judgeMessage(context, message, arrival) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { ...about, refused: error.message };
  }
}

function identityOf({ name: source }: Source, { data }: GivenMessage): SourceIdentity {
  return { source, externalId: data.personId, email: 'email' in data ? data.email : undefined };
}
