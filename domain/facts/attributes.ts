import type { AttributeValue, PersonAttributes } from '../model.ts';
import { standardAttributes } from '../policy/rules.ts';
import { compareRank, isOperators, type Ranks } from './ranks.ts';
import { effectMs, firstSpeaker, isInForce, newestFirst, recordedMs, type Statement } from './statements.ts';

/**
 * What the record says of a person at an instant. The highest source that names the person by an e-mail speaks for them, and a
 * higher one has the word on what it says; a lower one adds what no higher one says, of those attributes that it may add. Undefined
 * while nobody says an e-mail.
 */
export function attributesAt(statements: readonly Statement[], ranks: Ranks, at: string): PersonAttributes | undefined {
  const atMs = Date.parse(at);
  const telling = newestFirst(statements).filter(({ kind }) => kind !== 'leaver');
  const first = firstNaming(telling, ranks, atMs);
  const values = new Map<string, AttributeValue>();
  for (const [source, said] of bySource(telling, first, ranks)) {
    const speaks = first === undefined || compareRank(ranks, source, first) <= 0;
    for (const [name, value] of valuesOf(said, atMs)) {
      const isAllowed = speaks || ranks.mayAdd[source]?.includes(bareName(name)) === true;
      if (isAllowed && !values.has(name)) values.set(name, value);
    }
  }
  // A leaver names the person by an e-mail, which tells something only where nobody else does.
  const named = newestFirst(statements).find(
    (one) => one.kind === 'leaver' && isInForce(one, atMs) && one.person?.email,
  );
  if (!values.has('email') && named?.person?.email !== undefined) values.set('email', named.person.email);
  return toAttributes(values);
}

/** Whether a statement's source speaks for the person: others only add to what it says. */
export function speaksFor(statements: readonly Statement[], ranks: Ranks, at: string): (one: Statement) => boolean {
  const first = firstNaming(statements, ranks, Date.parse(at));
  return ({ source }) => first === undefined || isOperators(source) || compareRank(ranks, source, first) <= 0;
}

/** A leaver's e-mail says who is meant, and nothing of who speaks for them. */
const firstNaming = (statements: readonly Statement[], ranks: Ranks, atMs: number): string | undefined =>
  firstSpeaker(
    statements.filter((one) => one.kind !== 'leaver' && one.person?.email !== undefined && isInForce(one, atMs)),
    ranks,
  );

/** The statements of each source, the highest first; an operator's are the first speaker's. */
function bySource(statements: readonly Statement[], first: string | undefined, ranks: Ranks) {
  const grouped = Map.groupBy(statements, ({ source }) => (isOperators(source) ? (first ?? source) : source));
  return [...grouped].toSorted(([a], [b]) => compareRank(ranks, a, b));
}

/** What one source says at that time. `said` has the newest first. */
export function valuesOf(said: readonly Statement[], atMs: number): ReadonlyMap<string, AttributeValue> {
  const names = new Set(said.flatMap(({ person }) => [...factsIn(person).keys()]));
  const values = new Map<string, AttributeValue>();
  for (const name of names) {
    const words = said.filter((one) => isWhole(one) || factsIn(one.person).has(name));
    const held = words.find((one, index) => isInForce(one, atMs) && !isCorrected(one, words.slice(0, index)));
    const value = factsIn(held?.person).get(name);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/**
 * Movers that a newer word of the same source replaces: it says all of what they say, and takes effect no later, or was recorded before
 * they did. Each with the eventId of that word.
 */
export function replacedMovers(statements: readonly Statement[]): ReadonlyMap<string, string> {
  const ordered = newestFirst(statements.filter(({ kind }) => kind !== 'leaver' && kind !== 'leaverRescinded'));
  return new Map(
    ordered.flatMap((one, index) => {
      if (one.kind !== 'mover') return [];
      const by = ordered.slice(0, index).find((newer) => newer.source === one.source && isSaidBy(newer, one));
      return by === undefined ? [] : [[one.eventId, by.eventId] as const];
    }),
  );
}

function isSaidBy(newer: Statement, one: Statement): boolean {
  const isInTime = effectMs(newer) <= effectMs(one) || effectMs(one) > recordedMs(newer);
  return (
    isInTime && (isWhole(newer) || [...factsIn(one.person).keys()].every((name) => factsIn(newer.person).has(name)))
  );
}

/** HR has taken back what a whole record no longer says. */
const isWhole = ({ kind, isWhole: isSaidWhole }: Statement): boolean => kind === 'updated' || isSaidWhole === true;

/** A newer word that was recorded before this one took effect replaces it. */
const isCorrected = (one: Statement, newer: readonly Statement[]): boolean =>
  newer.some((other) => effectMs(one) > recordedMs(other));

const extraPrefix = 'extra.';
const bareName = (name: string): string => (name.startsWith(extraPrefix) ? name.slice(extraPrefix.length) : name);

function factsIn(person: Partial<PersonAttributes> = {}): ReadonlyMap<string, AttributeValue> {
  const standard = standardAttributes.flatMap((name) => {
    const value = person[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const extra = Object.entries(person.extra ?? {}).map(([name, value]) => [`${extraPrefix}${name}`, value] as const);
  return new Map<string, AttributeValue>([...standard, ...extra]);
}

function toAttributes(values: ReadonlyMap<string, AttributeValue>): PersonAttributes | undefined {
  const email = values.get('email');
  if (typeof email !== 'string') return undefined;
  const entries = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const extra = entries
    .filter(([name]) => name.startsWith(extraPrefix))
    .map(([name, value]) => [bareName(name), value]);
  const standard = entries.filter(([name]) => !name.startsWith(extraPrefix));
  return {
    ...Object.fromEntries(standard),
    email,
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) as PersonAttributes['extra'] }),
  };
}
