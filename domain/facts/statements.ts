import { isHire, isNewer } from '../mailbox.ts';
import type { HrEvent } from '../model.ts';
import { compareRank, isOperators, type Ranks } from './ranks.ts';

/** What one source said of one person, once. Withdrawn statements are none. */
export interface Statement extends Pick<
  HrEvent,
  'eventId' | 'kind' | 'source' | 'occurredAt' | 'effectiveAt' | 'immediate' | 'isWhole' | 'person'
> {
  /** A process of the person was begun for it and has ended. */
  readonly isCarriedOut?: true;
}

/** Whether the event says anything by itself: one that says an id only does so once its record was fetched. */
export const isStatement = ({ kind, fetchId }: HrEvent): boolean => kind !== 'reconcile' && fetchId === undefined;

export const recordedMs = ({ occurredAt }: Statement): number => Date.parse(occurredAt);

/** When it takes effect, in milliseconds. What is immediate waits for no clock. */
export const effectMs = ({ immediate, effectiveAt }: Statement): number =>
  immediate === true ? Number.NEGATIVE_INFINITY : Date.parse(effectiveAt);

export const isInForce = (statement: Statement, atMs: number): boolean => effectMs(statement) <= atMs;

export const newestFirst = (statements: readonly Statement[]): readonly Statement[] =>
  statements.toSorted((a, b) => (isNewer(a, b) ? -1 : 1));

/**
 * The highest source among those that `speak`; undefined where none does. An operator who hires speaks as the first source; what
 * else an operator says is said for whichever source has the word.
 */
export function firstSpeaker(speaking: readonly Statement[], ranks: Ranks): string | undefined {
  const sources = speaking.flatMap((one) => {
    if (!isOperators(one.source)) return [one.source];
    const first = ranks.authority[0];
    return first !== undefined && (isHire(one) || one.isWhole === true) ? [first] : [];
  });
  return sources.toSorted((a, b) => compareRank(ranks, a, b))[0];
}
