import { UsageError } from '../../domain/errors.ts';
import { employmentAt } from '../../domain/facts/employment.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import { isLeaving, sizeProblem } from '../../domain/intakeBounds.ts';
import type { HrEvent } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { leavingEvent } from '../../domain/standing.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { canonicalJson } from '../../inventory/port/json.ts';
import { checkedEvent, latestAttributes, refuseFuture, requireNamed, type EventDraft } from '../operations/drafts.ts';
import { endlessHire, hasEndWaiting } from './contractors.ts';
import { contradictionOf, leftSince, type KnownLeave, type SaidEmployment } from './contradictions.ts';
import { isLocalDate } from './localDates.ts';
import { draftsOf, ownTimeOf, type Arrival } from './webhooks/drafts.ts';
import type { GivenMessage } from './webhooks/messages.ts';

/** Whether a message that could be read is taken, and as which events: the same for a webhook and for a record that was fetched. */

export interface JudgeContext {
  readonly inventory: Pick<Inventory, 'attributesAt' | 'findPerson' | 'statementsOf' | 'waitingEvents'>;
  readonly policy: Pick<Policy, 'defaultTimeZone' | 'identity' | 'sources'>;
  readonly now: () => Date;
}

interface About extends Arrival {
  /** Whom the source means. */
  readonly personId: string;
  /** HR was asked for it just now: nothing on record is newer. */
  readonly isFetched?: boolean;
}

/** The events of a message, in the order in which they are to be sent. Throws a `UsageError` where it cannot be taken. */
export async function judgeMessage(
  context: JudgeContext,
  message: GivenMessage,
  about: About,
): Promise<readonly EventDraft[]> {
  const { inventory, policy, now } = context;
  const { personId } = about;
  const arrival = { ...about, defaultTimeZone: (await knownZone(context, message, personId)) ?? about.defaultTimeZone };
  const said = employmentIn(message, arrival);
  if (said !== undefined) {
    const itself = contradictionOf(said, {}, now());
    if (itself !== undefined) throw new UsageError(itself);
    const known = said.hasOwnTime ? undefined : contradictionOf(said, await leaveOf(context, personId), now());
    if (known !== undefined) {
      const canAsk = policy.sources.find(({ name }) => name === about.source)?.fetchBack !== undefined;
      if (!canAsk) throw new UsageError(known);
      return [toFetch(message, arrival)];
    }
  }
  const drafts = draftsOf(message, arrival);
  const endless = await endlessHire(
    drafts,
    async ({ kind }) => kind === 'joiner' && (await hasEndWaiting(inventory, personId)),
  );
  if (endless !== undefined) {
    const fix = 'Send extra.sponsor, person.updated with leaveDate, or the leaver before the joiner';
    throw new UsageError(`${endless}. ${fix}`);
  }
  const events = drafts.map((draft) => fitting(checkedEvent({ ...draft, personId })));
  for (const event of events) {
    refuseFuture(event, now());
    await requireNamed(inventory, event);
  }
  return events;
}

/** An event that the intake has room for. Of somebody who leaves only that is taken; throws a `UsageError` for anybody else. */
function fitting(event: HrEvent): HrEvent {
  const problem = sizeProblem(event.person, Buffer.byteLength(canonicalJson(event)));
  if (problem === undefined) return event;
  if (!isLeaving(event)) throw new UsageError(problem);
  const { email } = event.person ?? {};
  const person = email === undefined ? undefined : { email };
  return { ...event, person, reason: `${problem}: only that they leave is taken` };
}

/** HR is asked which of two facts is newer. */
function toFetch({ data }: GivenMessage, { eventId, source, at, personId }: About): EventDraft {
  const asked = at.toISOString();
  return { eventId, personId, occurredAt: asked, source, kind: 'updated', effectiveAt: asked, fetchId: data.personId };
}

/** A message that says what has changed omits the time zone: the person's own is known. A whole record says everything. */
async function knownZone(
  { inventory, policy, now }: JudgeContext,
  message: GivenMessage,
  personId: string,
): Promise<string | undefined> {
  if (message.type === 'fetch' || message.type === 'person.updated' || message.data.timeZone !== undefined) {
    return undefined;
  }
  if (!isLocalDate(message.data.effective ?? '')) return undefined;
  const known = await latestAttributes(inventory, personId, { at: now().toISOString(), ranks: ranksOf(policy) });
  return known?.timeZone;
}

/** What a message says of an employment that goes on; undefined where it says nothing of it. */
function employmentIn(
  message: GivenMessage,
  { source, defaultTimeZone, isFetched = false }: About,
): SaidEmployment | undefined {
  const hasOwnTime = isFetched || ownTimeOf(message) !== undefined;
  if (message.type === 'joiner') {
    const { effective, timeZone = defaultTimeZone } = message.data;
    return { source, firstDay: effective, timeZone, hasOwnTime };
  }
  if (message.type !== 'person.updated') return undefined;
  const { status, hireDate, leaveDate, timeZone = defaultTimeZone } = message.data;
  const isEnded = status === 'inactive';
  return { source, status: isEnded ? 'ended' : 'active', firstDay: hireDate, lastDay: leaveDate, timeZone, hasOwnTime };
}

async function leaveOf({ inventory, policy, now }: JudgeContext, personId: string): Promise<KnownLeave> {
  const person = await inventory.findPerson(personId);
  const statements = await inventory.statementsOf(personId);
  const word = employmentAt(statements, ranksOf(policy), now().toISOString());
  const hasLeft = person?.employment === 'left';
  if (hasLeft || word.state === 'ended') {
    const eventId = hasLeft ? person.lines.employment?.eventId : word.eventId;
    const last = statements.find((one) => one.eventId === eventId);
    return { leftAt: last === undefined ? (person?.lines.employment?.occurredAt ?? '') : leftSince(last) };
  }
  return { leavesAt: leavingEvent(statements)?.effectiveAt };
}
