import { foldCase } from '../../domain/text.ts';
import type { Employment, HrEvent, Outcome, PersonAttributes } from '../../domain/model.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import { canonicalJson } from '../port/json.ts';
import { insertEvent } from './intake.ts';
import { ensurePerson } from './people.ts';

export interface Adopted {
  readonly personId: string;
  readonly attributes: PersonAttributes;
  readonly employment: Employment;
  readonly at: string;
}

/** Older than every other word: what is said from now on counts. */
const before = new Date(0).toISOString();

/** Somebody who was there before Muster: an operator says what is known of them, and no process follows. */
export const adoptPerson = locked(
  personLock,
  async (db: Db, { personId, attributes, employment, at }: Adopted): Promise<void> => {
    await ensurePerson(db, personId);
    const eventId = `adopted:${personId}`;
    const said = { eventId, personId, kind: 'mover', source: 'cli', occurredAt: before, effectiveAt: before } as const;
    const event: HrEvent = { ...said, isWhole: true, person: attributes, reason: 'adopted' };
    await insertEvent(db, event, at);
    const outcome: Outcome = { kind: 'completed', detail: 'adopted', parts: [] };
    await db
      .updateTable('intake')
      .set({ appliedAt: at, outcome: canonicalJson(outcome) })
      .where('eventId', '=', eventId)
      .execute();
    await db
      .updateTable('people')
      .set({ employment, email: foldCase(attributes.email), attributes: canonicalJson(attributes) })
      .where('personId', '=', personId)
      .execute();
  },
);
