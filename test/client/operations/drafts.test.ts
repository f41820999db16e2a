import { expect, test } from '@jest/globals';
import { completeEvent } from '../../../client/operations/drafts.ts';
import type { HrEvent, PersonAttributes, PersonRecord } from '../../../domain/model.ts';
import type { IntakeRow } from '../../../inventory/port/people.ts';

const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`;
const ada: PersonAttributes = { email: 'ada@example.com', department: 'Engineering', extra: { location: 'Berlin' } };

function event(kind: HrEvent['kind'], occurred: number, effective: number, person?: PersonAttributes): HrEvent {
  const times = { occurredAt: day(occurred), effectiveAt: day(effective) };
  return { eventId: `${kind}-${occurred}`, kind, personId: 'e-1', source: 'hr', ...times, ...(person && { person }) };
}

function known(record: Partial<PersonRecord> | undefined, waiting: readonly HrEvent[] = []) {
  const rows: readonly IntakeRow[] = waiting.map((one) => ({ event: one, receivedAt: one.occurredAt }));
  return {
    findPerson: () =>
      Promise.resolve(
        record && { personId: 'e-1', previousEmails: [], employment: 'employed' as const, lines: {}, ...record },
      ),
    waitingEvents: () => Promise.resolve(rows),
  };
}

const mover = { ...event('mover', 10, 10), person: { title: 'Lead', extra: { level: '3' } } };
const complete = async (inventory: ReturnType<typeof known>) => (await completeEvent(inventory, mover)).person;

test("a mover's missing fields are taken from the person's record", async () => {
  expect(await complete(known({ attributes: ada }))).toEqual({
    ...ada,
    title: 'Lead',
    extra: { location: 'Berlin', level: '3' },
  });
});

test('a waiting event that is newer than the record and in force goes before it', async () => {
  const record = { attributes: ada, lines: { attributes: { occurredAt: day(5), eventId: 'x' } } };
  const older = event('mover', 4, 4, { ...ada, department: 'Old' });
  const newer = event('mover', 6, 6, { ...ada, department: 'SRE' });
  expect(await complete(known(record, [older, newer]))).toMatchObject({ department: 'SRE' });
  expect(await complete(known(record, [older]))).toMatchObject({ department: 'Engineering' });
});

test('a waiting event of a later day does not come into force early', async () => {
  const later = event('mover', 6, 20, { ...ada, department: 'SRE' });
  expect(await complete(known({ attributes: ada }, [later]))).toMatchObject({ department: 'Engineering' });
});

test('a person who has yet to join is known by the waiting joiner event', async () => {
  const joiner = event('joiner', 6, 20, ada);
  expect(await complete(known(undefined, [joiner, event('leaver', 7, 30)]))).toMatchObject({ email: ada.email });
});

test('nothing is invented for an unknown person', async () => {
  expect(await complete(known(undefined))).toEqual({ title: 'Lead', extra: { level: '3' } });
});

test('a joiner and a leaver stay as they are', async () => {
  const leaver = event('leaver', 10, 10);
  expect(await completeEvent(known({ attributes: ada }), leaver)).toBe(leaver);
});
