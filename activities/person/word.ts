import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { differingAttributes } from '../../domain/access/attributes.ts';
import type { Because } from '../../domain/evidence.ts';
import { nothingKnown } from '../../domain/failures.ts';
import { isHire } from '../../domain/mailbox.ts';
import { followedFields, type Account, type PersonAttributes, type SeenAccount } from '../../domain/model.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Dependencies } from '../dependencies.ts';

interface Words extends Pick<Dependencies, 'policy'> {
  readonly inventory: Pick<Inventory, 'findEvent' | 'attributesAt'>;
}

/** The server's time: in tests it runs ahead of this machine's. */
export const attemptedAt = (): string => new Date(activityInfo().currentAttemptScheduledTimestampMs).toISOString();

/**
 * The time of a process, as it says. Only this project's own workflow code calls a local activity; a regular one anybody may call, and
 * for that the server's time counts.
 */
export const toldAt = (at: string): string => (activityInfo().isLocal ? at : attemptedAt());

/** What the record says of the person now, or on the first day of a hire that is to come. */
export async function wordFor(
  { inventory, policy }: Words,
  { personId, eventId }: Pick<Because, 'personId' | 'eventId'>,
  now: string,
): Promise<PersonAttributes | undefined> {
  const event = (await inventory.findEvent(eventId))?.event;
  const isToCome = event !== undefined && event.personId === personId && isHire(event) && event.effectiveAt > now;
  return inventory.attributesAt(personId, isToCome ? event.effectiveAt : now, ranksOf(policy()));
}

/** The same, where nothing can be done without. */
export async function requiredWord(
  words: Words,
  whose: Pick<Because, 'personId' | 'eventId'>,
  now: string = attemptedAt(),
): Promise<PersonAttributes> {
  const word = await wordFor(words, whose, now);
  if (word !== undefined) return word;
  throw ApplicationFailure.nonRetryable('nothing is known of this person', nothingKnown);
}

/** The account as a run may see it. */
export function seenBy(word: PersonAttributes | undefined, account: Account): SeenAccount {
  const { id, status, roleIds } = account;
  const changes = word === undefined ? {} : differingAttributes(account, word);
  return { id, status, roleIds, differing: followedFields.filter((field) => changes[field] !== undefined) };
}
