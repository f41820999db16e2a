import { replacedMovers } from '../../domain/facts/attributes.ts';
import { outrankedWords, standingLines, standingWord } from '../../domain/facts/employment.ts';
import type { Ranks } from '../../domain/facts/ranks.ts';
import { isHire } from '../../domain/mailbox.ts';
import type { Employment, HrEvent, MailboxEvent, OutcomeKind } from '../../domain/model.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { IntakeRow, PersonMailbox } from '../port/people.ts';
import { statementsOf } from './facts.ts';
import { findEvent, waitingEvents } from './intake.ts';
import { ensurePerson, findPerson } from './people.ts';

/**
 * The person's mailbox, for a run of theirs: whatever waits for its turn. The run is noted as the one that has taken it up.
 * What HR says of the person stays here.
 */
export const readMailbox = locked(
  personLock,
  async (
    db: Db,
    personId: string,
    run: { readonly id: string; readonly at: string },
    ranks: Ranks,
  ): Promise<PersonMailbox> => {
    await ensurePerson(db, personId);
    await db
      .updateTable('intake')
      .set({ takenUpBy: run.id, takenUpAt: run.at })
      .where('personId', '=', personId)
      .where('appliedAt', 'is', null)
      .where((where) => where.or([where('takenUpBy', 'is', null), where('takenUpBy', '!=', run.id)]))
      .execute();
    const record = await findPerson(db, personId);
    if (record === undefined) throw new Error(`person ${personId} was written and cannot be read`);
    const { employment, accountId, lines, attributes } = record;
    const statements = await statementsOf(db, personId);
    const judged = { outranked: outrankedWords(statements, ranks, run.at), replaced: replacedMovers(statements) };
    const isUndone = lines.employment !== undefined && judged.outranked.has(lines.employment.eventId);
    const reopened = await reopen(db, standingWord(statements, ranks, run.at), {
      run,
      undone: isUndone ? employment : undefined,
    });
    const others = statements.filter(({ eventId }) => eventId !== reopened);
    const rows = await waitingEvents(db, { personId, limit: longestMailbox });
    const isKnown = attributes !== undefined || rows.some(({ event }) => isAboutWork(event));
    return {
      person: { employment, accountId, lines: standingLines(lines, others, judged.outranked), isKnown },
      events: rows.map((row) => asMailboxEvent(row, judged)),
    };
  },
);

/** How an event ends for which another one counted. */
const dropped: readonly OutcomeKind[] = ['superseded', 'stale', 'outranked'];

interface Reopening {
  readonly run: { readonly id: string; readonly at: string };
  /** The person's employment, where an event that does not count any more has brought it about. */
  readonly undone: Employment | undefined;
}

/** Where the event that took its place, or was carried out after it, does not count any more, the word that does has its turn: returned. */
async function reopen(db: Db, eventId: string | undefined, { run, undone }: Reopening): Promise<string | undefined> {
  const row = eventId === undefined ? undefined : await findEvent(db, eventId);
  if (row?.outcome === undefined) return undefined;
  const { kind } = row.event;
  const isContradicted = kind === 'leaver' ? undone === 'employed' || undone === 'joining' : undone === 'left';
  if (!dropped.includes(row.outcome.kind) && !isContradicted) return undefined;
  const isLeaveOpen = kind === 'leaver' ? 1 : 0;
  await db
    .updateTable('intake')
    .set({ appliedAt: null, outcome: null, takenUpBy: run.id, takenUpAt: run.at, isLeaveOpen })
    .where('eventId', '=', row.event.eventId)
    .execute();
  return eventId;
}

/** More than the intake takes of one person before they are applied. */
const longestMailbox = 1_000;

/** A leaver's e-mail alone does not make anybody known. */
const isAboutWork = ({ kind, person }: HrEvent): boolean => person !== undefined && kind !== 'leaver';

interface Judged {
  /** By eventId: the source that has the word on the person's employment. */
  readonly outranked: ReadonlyMap<string, string>;
  /** By eventId: the event that says the same newly. */
  readonly replaced: ReadonlyMap<string, string>;
}

/** A hire by a source that has not the word on employment tells attributes at most. */
function asMailboxEvent({ event, withdrawal }: IntakeRow, { outranked, replaced }: Judged): MailboxEvent {
  const { eventId, kind, occurredAt, effectiveAt, source, immediate, restore, person, fetchId } = event;
  const outrankedBy = outranked.get(eventId);
  const replacedBy = replaced.get(eventId);
  const isHireOfLower = outrankedBy !== undefined && isHire(event);
  return {
    eventId,
    kind: isHireOfLower ? 'mover' : kind,
    occurredAt,
    effectiveAt,
    source,
    ...(immediate === true ? { immediate } : {}),
    ...(restore === true ? { restore } : {}),
    ...(person === undefined ? {} : { isTelling: true }),
    ...(fetchId === undefined ? {} : { isToFetch: true }),
    ...(withdrawal === undefined ? {} : { isWithdrawn: true }),
    ...(outrankedBy === undefined || isHireOfLower ? {} : { outrankedBy }),
    ...(replacedBy === undefined ? {} : { replacedBy }),
  };
}
