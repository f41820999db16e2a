import { lineOf, newest, supersedes } from '../mailbox.ts';
import type { PersonRecord } from '../model.ts';
import { isOperators, type Ranks } from './ranks.ts';
import { effectMs, firstSpeaker, isInForce, newestFirst, recordedMs, type Statement } from './statements.ts';

/** What the record says of a person's employment, and whose word on it counts. */
export interface EmploymentWord {
  readonly state: 'employed' | 'ended' | 'unknown';
  /** The event that says so; absent where nobody has said anything by then. */
  readonly eventId?: string;
  readonly source?: string;
}

/** For a hire that is to come, ask for its day: until then an earlier end holds. */
export function employmentAt(statements: readonly Statement[], ranks: Ranks, at: string): EmploymentWord {
  const atMs = Date.parse(at);
  const words = newestFirst(statements.filter(isEmploymentWord));
  const first = firstOn(words, ranks, atMs);
  const counting = words.filter((one) => counts(one, first, ranks));
  const held = counting.find((one, index) => isInForce(one, atMs) && !isReplaced(one, counting.slice(0, index)));
  if (held === undefined) return { state: 'unknown' };
  const { kind, eventId, source } = held;
  return { state: kind === 'leaver' ? 'ended' : 'employed', eventId, source };
}

/** The event that says so, unless a newer word that counts takes its place before its turn. */
export function standingWord(statements: readonly Statement[], ranks: Ranks, at: string): string | undefined {
  const { eventId } = employmentAt(statements, ranks, at);
  const word = statements.find((one) => one.eventId === eventId);
  const outranked = outrankedWords(statements, ranks, at);
  const isOvertaken = statements.some(
    (other) => word !== undefined && !outranked.has(other.eventId) && supersedes(other, word),
  );
  return isOvertaken ? undefined : eventId;
}

/**
 * The words on employment that do not count, each with the source that has the word instead. What is to come is judged for its day:
 * somebody whom a higher source takes over then belongs to the lower one until then.
 */
export function outrankedWords(
  statements: readonly Statement[],
  ranks: Ranks,
  at: string,
): ReadonlyMap<string, string> {
  const words = statements.filter(isEmploymentWord);
  return new Map(
    words.flatMap((one) => {
      const first = firstOn(words, ranks, Math.max(Date.parse(at), effectMs(one)));
      return first === undefined || counts(one, first, ranks) ? [] : [[one.eventId, first] as const];
    }),
  );
}

const isEmploymentWord = (statement: Statement): boolean => lineOf(statement) === 'employment';

const firstOn = (words: readonly Statement[], ranks: Ranks, atMs: number): string | undefined =>
  firstSpeaker(
    words.filter((one) => isInForce(one, atMs)),
    ranks,
  );

function counts({ source, kind }: Statement, first: string | undefined, { mayEndEmployment }: Ranks): boolean {
  if (first === undefined || source === first || isOperators(source)) return true;
  return kind === 'leaver' && mayEndEmployment.includes(source);
}

/** Corrected or withdrawn before it took effect. */
const isReplaced = (one: Statement, newer: readonly Statement[]): boolean =>
  newer.some((other) => supersedes(other, one) && effectMs(one) > recordedMs(other));

/**
 * In place of a position that was taken by an event that does not count any more, that of the newest one that counts and was
 * carried out: what a higher source said before the lower one is not stale, what an operator has withdrawn since is.
 */
export function standingLines(
  { employment, ...others }: PersonRecord['lines'],
  statements: readonly Statement[],
  outranked: ReadonlyMap<string, string>,
): PersonRecord['lines'] {
  if (employment !== undefined && !outranked.has(employment.eventId)) return { ...others, employment };
  const counting = statements.filter((one) => one.isCarriedOut === true && isEmploymentWord(one));
  const last = newestFirst(counting.filter(({ eventId }) => !outranked.has(eventId)))[0];
  return employment === undefined || last === undefined ? others : { ...others, employment: newest(undefined, last) };
}
