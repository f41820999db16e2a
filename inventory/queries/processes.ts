import { attributesAt, speaksFor } from '../../domain/facts/attributes.ts';
import { outrankedWords, standingLines } from '../../domain/facts/employment.ts';
import type { Ranks } from '../../domain/facts/ranks.ts';
import type { Statement } from '../../domain/facts/statements.ts';
import { foldLines, isHire, isNewer, lineOf, newest } from '../../domain/mailbox.ts';
import type { Employment, HrEvent, OutcomeKind, PersonRecord } from '../../domain/model.ts';
import { foldCase } from '../../domain/text.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { EndedEvent, IntakeRow, ProcessFinish } from '../port/people.ts';
import { statementsOf } from './facts.ts';
import { forgetAwaitedLogin } from './awaitedLogins.ts';
import { findEvent } from './intake.ts';
import { clearPending } from './invitations.ts';
import { writeOwedParts } from './keyHealth.ts';
import { ensurePerson } from './people.ts';

type Lines = PersonRecord['lines'];

interface Ended {
  readonly event: HrEvent;
  readonly outcome: EndedEvent['outcome'];
}

/** Ends of an onboarding after which nobody waits for the person's acceptance any more. */
const acceptedEnds: readonly OutcomeKind[] = ['completed', 'partiallyCompleted', 'nothingToDo'];

/**
 * The end of a process: outcomes, positions of the lines, and the person's new state, in one transaction. An event that has
 * an outcome already keeps it, and a process that comes to an end again changes nothing.
 */
export const finishProcess = locked(
  personLock,
  async (db: Db, finish: ProcessFinish, ranks: Ranks): Promise<readonly EndedEvent[]> => {
    const { personId, process, carriedOut, at } = finish;
    await ensurePerson(db, personId);
    const ended = await endAll(db, personId, finish.events, at);
    const statements = await statementsOf(db, personId);
    const outranked = outrankedWords(statements, ranks, at);
    const before = await db
      .selectFrom('people')
      .select(['email', 'employment', 'lines'])
      .where('personId', '=', personId)
      .executeTakeFirstOrThrow();
    const isMain = ({ event }: Ended): boolean => event.eventId === carriedOut?.eventId;
    const stored = parseJson(before.lines);
    const taken = ended.map((one) => (outranked.has(one.event.eventId) ? asMover(one) : one));
    const lines = taken.reduce(
      (known, one) => advance(known, one, isMain(one)),
      standingLines(stored, statements, outranked),
    );
    // What does not count any more stays until a word that does has had its turn: what it brought about is to be undone.
    const isSaid = taken.some((one) => lineOf(one.event) === 'employment' && isCarriedOut(one, isMain(one)));
    await db
      .updateTable('people')
      .set({ lines: canonicalJson(isSaid ? lines : { ...lines, employment: stored.employment }) })
      .where('personId', '=', personId)
      .execute();
    const main = ended.find(isMain);
    const isWord = main !== undefined && lineOf(main.event) === 'employment' && !outranked.has(main.event.eventId);
    if (ended.length === 0) return [];
    const employment =
      main &&
      carriedOut &&
      employmentAfter(before.employment, lines, isWord ? main.event : undefined, carriedOut.employment);
    await writePersonState(db, finish, { employment, ended, before: before.email, statements, ranks });
    const parts = ended.flatMap(({ outcome }) => outcome.parts);
    await writeOwedParts(db, personId, parts, at);
    await db.deleteFrom('progress').where('personId', '=', personId).where('at', '<=', at).execute();
    const isAccepted = process === 'onboarding' && ended.some(({ outcome }) => acceptedEnds.includes(outcome.kind));
    if (isAccepted) await clearPending(db, personId);
    // A person who left without an account is not awaited either.
    else if (employment === 'left') await forgetAwaitedLogin(db, personId);
    return ended.map(asEnded);
  },
);

/** A word on employment that does not count tells attributes at most. */
const asMover = ({ event, outcome }: Ended): Ended => ({ event: { ...event, kind: 'mover' }, outcome });

const asEnded = ({ event: { eventId }, outcome }: Ended): EndedEvent => ({ eventId, outcome });

/** Gives waiting events their outcome while the person's process goes on. */
export const endEvents = locked(
  personLock,
  async (db: Db, personId: string, events: readonly EndedEvent[], at: string): Promise<readonly EndedEvent[]> =>
    (await endAll(db, personId, events, at)).map(asEnded),
);

/** Returns those that had no outcome yet. */
async function endAll(db: Db, personId: string, events: readonly EndedEvent[], at: string): Promise<readonly Ended[]> {
  const ended: Ended[] = [];
  for (const { eventId, outcome: given } of events) {
    const row = await findEvent(db, eventId);
    if (row === undefined || row.event.personId !== personId || row.appliedAt !== undefined) continue;
    const outcome = given.kind === 'cancelled' ? withdrawn(row, given) : given;
    await db
      .updateTable('intake')
      .set({ appliedAt: at, outcome: canonicalJson(outcome) })
      .where('eventId', '=', eventId)
      .execute();
    ended.push({ event: row.event, outcome });
  }
  return ended;
}

/** Who withdrew an event, and why, stands on record alone. */
function withdrawn({ withdrawal }: IntakeRow, outcome: EndedEvent['outcome']): EndedEvent['outcome'] {
  if (withdrawal === undefined) return outcome;
  const { actor, reason } = withdrawal;
  return { ...outcome, detail: `withdrawn by ${actor}${reason === undefined ? '' : `: ${reason}`}` };
}

/** By a process of its own, or with another one. */
const isCarriedOut = ({ outcome }: Pick<Ended, 'outcome'>, isMain: boolean): boolean =>
  isMain || outcome.kind === 'completed';

/** An event that was carried out, or taken over, moves its line; a hire that was replaced has told its attributes all the same. */
function advance(lines: Lines, { event, outcome }: Ended, isMain: boolean): Lines {
  const told = { ...event, ...(event.person === undefined ? {} : { isTelling: true as const }) };
  if (isCarriedOut({ outcome }, isMain)) return foldLines(lines, told);
  if (!isHire(event) || outcome.kind === 'cancelled') return lines;
  return { ...lines, attributes: newest(lines.attributes, event) };
}

/** An outcome follows its line: an older event says nothing of today. One without a word on employment makes nobody leave or return. */
function employmentAfter(before: Employment, lines: Lines, word: HrEvent | undefined, after: Employment): Employment {
  if (word !== undefined) {
    return lines.employment !== undefined && isNewer(lines.employment, word) ? before : after;
  }
  return before === 'left' || after === 'left' ? before : after;
}

interface NewState {
  readonly employment?: Employment;
  readonly ended: readonly Ended[];
  /** The e-mail on record before. */
  readonly before: string | null;
  readonly statements: readonly Statement[];
  readonly ranks: Ranks;
}

async function writePersonState(
  db: Db,
  { personId, at }: ProcessFinish,
  { employment, ended, before, statements, ranks }: NewState,
): Promise<void> {
  const carried = ended.filter(({ outcome }) => outcome.kind !== 'cancelled').map(({ event }) => event);
  const from = [at, ...carried.filter(isHire).map(({ effectiveAt }) => effectiveAt)].toSorted().at(-1) ?? at;
  const attributes = attributesAt(statements, ranks, from);
  const email = attributes && foldCase(attributes.email);
  // A newer word may have replaced one of them before it was on record, and the account may bear it all the same.
  const speaks = speaksFor(statements, ranks, from);
  const said = carried
    .filter(speaks)
    .flatMap(({ person }) => (person?.email === undefined ? [] : [foldCase(person.email)]));
  for (const previous of new Set([...(before === null ? [] : [before]), ...said])) {
    if (email === undefined || previous === email) continue;
    await db
      .insertInto('previousEmails')
      .values({ personId, email: previous, since: at })
      .onConflict((conflict) => conflict.columns(['personId', 'email']).doNothing())
      .execute();
  }
  await db
    .updateTable('people')
    .set({
      finishedAt: at,
      // Undefined changes nothing.
      employment,
      email,
      attributes: attributes && canonicalJson(attributes),
    })
    .where('personId', '=', personId)
    .execute();
}
