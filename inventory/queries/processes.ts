import { isNewer } from '../../domain/mailbox.ts';
import type { LinePosition, OutcomeKind, PersonRecord } from '../../domain/model.ts';
import { foldCase } from '../../domain/text.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { ProcessFinish } from '../port/people.ts';
import { forgetAwaitedLogin } from './awaitedLogins.ts';
import { clearPending } from './invitations.ts';
import { writeOwedParts } from './keyHealth.ts';
import { ensurePerson } from './people.ts';

type Lines = PersonRecord['lines'];

/** Ends of an onboarding after which nobody waits for the person's acceptance any more. */
const acceptedEnds: readonly OutcomeKind[] = ['completed', 'partiallyCompleted', 'nothingToDo'];

/** The end of a process for one event: outcome, positions of the lines, the person's new state, in one transaction. */
export const finishProcess = locked(personLock, async (db: Db, finish: ProcessFinish): Promise<void> => {
  const { personId, events, at } = finish;
  await endEvents(db, personId, events, at);
  await ensurePerson(db, personId);
  const before = await db
    .selectFrom('people')
    .select(['email', 'lines', 'finishedAt'])
    .where('personId', '=', personId)
    .executeTakeFirstOrThrow();
  const lines = advanceLines(parseJson(before.lines), finish.lines);
  await db
    .updateTable('people')
    .set({ lines: canonicalJson(lines) })
    .where('personId', '=', personId)
    .execute();
  // A repetition that comes after a later process has ended must not bring the older state back.
  if (before.finishedAt !== null && at < before.finishedAt) return;
  const said = await emailsSaid(db, finish);
  await writePersonState(db, finish, [...(before.email === null ? [] : [before.email]), ...said]);
  if (events.length > 0)
    await writeOwedParts(
      db,
      personId,
      events.flatMap(({ outcome }) => outcome.parts),
      at,
    );
  await db.deleteFrom('progress').where('personId', '=', personId).where('at', '<=', at).execute();
  const isAccepted =
    finish.process === 'onboarding' && events.some(({ outcome }) => acceptedEnds.includes(outcome.kind));
  if (isAccepted) await clearPending(db, personId);
  // A person who left without an account is not awaited either.
  else if (finish.person.employment === 'left') await forgetAwaitedLogin(db, personId);
});

/** Gives waiting events their outcome while the person's process goes on. */
export const endEvents = locked(
  personLock,
  async (db: Db, personId: string, events: ProcessFinish['events'], at: string): Promise<void> => {
    for (const { eventId, outcome } of events) {
      await db
        .updateTable('intake')
        .set({ appliedAt: at, outcome: canonicalJson(outcome) })
        .where('eventId', '=', eventId)
        .where('personId', '=', personId)
        .where('appliedAt', 'is', null)
        .execute();
    }
  },
);

/**
 * The e-mails of the words that one process took in: a newer word may have replaced one of them before it was on record,
 * and the account may bear it all the same.
 */
async function emailsSaid(db: Db, { personId, events }: ProcessFinish): Promise<readonly string[]> {
  const counted = events.filter(({ outcome }) => outcome.kind !== 'cancelled').map(({ eventId }) => eventId);
  if (counted.length < 2) return [];
  const rows = await db
    .selectFrom('intake')
    .select('event')
    .where('personId', '=', personId)
    .where('eventId', 'in', counted)
    .execute();
  return rows.flatMap(({ event }) => {
    const email = parseJson(event).person?.email;
    return email === undefined ? [] : [foldCase(email)];
  });
}

async function writePersonState(
  db: Db,
  { personId, person, at }: ProcessFinish,
  before: readonly string[],
): Promise<void> {
  const email = person.attributes && foldCase(person.attributes.email);
  for (const previous of email === undefined ? [] : before.filter((one) => one !== email)) {
    await db
      .insertInto('previousEmails')
      .values({ personId, email: previous, since: at })
      .onConflict((conflict) => conflict.columns(['personId', 'email']).doNothing())
      .execute();
  }
  await db
    .updateTable('people')
    .set({
      employment: person.employment,
      finishedAt: at,
      // Undefined changes nothing.
      email,
      attributes: person.attributes && canonicalJson(person.attributes),
    })
    .where('personId', '=', personId)
    .execute();
}

/** A line only moves forward. */
function advanceLines(before: Lines, after: Lines): Lines {
  return {
    employment: newest(before.employment, after.employment),
    attributes: newest(before.attributes, after.attributes),
  };
}

const newest = (a: LinePosition | undefined, b: LinePosition | undefined): LinePosition | undefined =>
  a === undefined || (b !== undefined && isNewer(b, a)) ? b : a;
