import { isNewer } from '../../domain/mailbox.ts';
import type { PersonAttributes } from '../../domain/model.ts';
import type { Db } from '../database/schema.ts';
import { eventsOf } from './intake.ts';
import { findPerson } from './people.ts';

/** What HR says of the person at that time; undefined where nothing is said yet. */
export async function attributesAt(db: Db, personId: string, at: string): Promise<PersonAttributes | undefined> {
  const said = (await eventsOf(db, personId))
    .filter(({ event, outcome }) => event.person !== undefined && outcome?.kind !== 'cancelled')
    .map(({ event }) => event)
    .filter(({ effectiveAt, immediate }) => immediate === true || Date.parse(effectiveAt) <= Date.parse(at))
    .toSorted((a, b) => (isNewer(a, b) ? 1 : -1));
  const isBegun = said.some(({ kind }) => kind === 'joiner' || kind === 'updated');
  const base = isBegun ? undefined : (await findPerson(db, personId))?.attributes;
  return said.reduce<PersonAttributes | undefined>(
    (before, { kind, person }) => (kind === 'updated' ? person : ({ ...before, ...person } as PersonAttributes)),
    base,
  );
}
