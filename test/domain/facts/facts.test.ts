import { describe, expect, test } from '@jest/globals';
import { attributesAt, replacedMovers } from '../../../domain/facts/attributes.ts';
import { employmentAt, outrankedWords } from '../../../domain/facts/employment.ts';
import type { Ranks } from '../../../domain/facts/ranks.ts';
import type { Statement } from '../../../domain/facts/statements.ts';
import type { PersonAttributes } from '../../../domain/model.ts';

const at = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString();
const email = 'ada@example.com';
const ranks: Ranks = {
  authority: ['hr', 'vendors', 'lms'],
  mayAdd: { lms: ['location', 'title'] },
  mayEndEmployment: [],
};

let count = 0;
/** Recorded and, unless `effective` says otherwise, in force on that day. */
function say(
  source: string,
  kind: Statement['kind'],
  day: number,
  {
    effective = day,
    person,
    ...more
  }: Partial<Statement> & { effective?: number; person?: Partial<PersonAttributes> } = {},
): Statement {
  count += 1;
  const said = person === undefined ? {} : { person: kind === 'mover' ? person : { email, ...person } };
  const dates = { occurredAt: at(day), effectiveAt: at(effective) };
  return { eventId: `${source}-${kind}-${day}-${count}`, kind, source, ...dates, ...said, ...more };
}

const hired = say('hr', 'joiner', 1, { person: { department: 'Sales', manager: 'boss@example.com' } });
const department = (said: readonly Statement[], day: number) => attributesAt(said, ranks, at(day))?.department;

describe('within one source', () => {
  test('a mover changes what it says from its day on, and leaves the rest', () => {
    const said = [hired, say('hr', 'mover', 2, { effective: 10, person: { department: 'SRE' } })];
    expect(attributesAt(said, ranks, at(9))).toEqual({ email, department: 'Sales', manager: 'boss@example.com' });
    expect(attributesAt(said, ranks, at(10))).toEqual({ email, department: 'SRE', manager: 'boss@example.com' });
    expect(attributesAt(said, ranks, at(0))).toBeUndefined();
  });

  test('a newer word replaces one that was still to come, and no other', () => {
    const planned = say('hr', 'mover', 2, { effective: 20, person: { department: 'SRE' } });
    const corrected = say('hr', 'mover', 3, { effective: 5, person: { department: 'Legal' } });
    expect(department([hired, planned, corrected], 21)).toBe('Legal');
    const later = say('hr', 'mover', 21, { effective: 30, person: { department: 'Legal' } });
    expect([25, 30].map((day) => department([hired, planned, later], day))).toEqual(['SRE', 'Legal']);
  });

  test('an older word that comes late changes nothing that a newer one says', () => {
    const newer = say('hr', 'mover', 8, { person: { department: 'Legal' } });
    const late = say('hr', 'mover', 7, { person: { department: 'SRE', title: 'Lead' } });
    expect(attributesAt([hired, newer, late], ranks, at(9))).toMatchObject({ department: 'Legal', title: 'Lead' });
  });

  test('a whole record takes back what it no longer says', () => {
    for (const whole of [
      say('hr', 'updated', 3, { person: { name: 'Ada' } }),
      say('hr', 'mover', 3, { isWhole: true, person: { email, name: 'Ada' } }),
    ]) {
      expect(attributesAt([hired, whole], ranks, at(4))).toEqual({ email, name: 'Ada' });
    }
  });

  test('a mover is replaced by a newer word that says all of it in time', () => {
    const first = say('hr', 'mover', 2, { effective: 20, person: { department: 'SRE', title: 'Lead' } });
    const part = say('hr', 'mover', 3, { effective: 4, person: { title: 'Chief' } });
    expect(replacedMovers([hired, first, part])).toEqual(new Map());
    const whole = say('hr', 'updated', 4, { person: {} });
    expect(replacedMovers([hired, first, part, whole])).toEqual(
      new Map([
        [part.eventId, whole.eventId],
        [first.eventId, whole.eventId],
      ]),
    );
    const other = say('lms', 'mover', 5, { effective: 6, person: { department: 'X', title: 'X' } });
    expect(replacedMovers([first, other])).toEqual(new Map());
  });
});

describe('across sources', () => {
  test('a lower source adds what it may add and no higher one says, and nothing else', () => {
    const planted = { email: 'boss@example.com', department: 'SRE', manager: 'eve', timeZone: 'Pacific/Kiritimati' };
    const extra = { location: 'Rome', contractType: 'employee' };
    const said = [hired, say('lms', 'mover', 5, { person: { ...planted, title: 'Lead', extra } })];
    expect(attributesAt(said, ranks, at(6))).toEqual({
      email,
      department: 'Sales',
      manager: 'boss@example.com',
      title: 'Lead',
      extra: { location: 'Rome' },
    });
    const demoted = say('hr', 'mover', 4, { person: { title: 'Clerk' } });
    expect(attributesAt([...said, demoted], ranks, at(6))?.title).toBe('Clerk');
  });

  test('a higher source takes over whom a lower one named first, from its first word in force', () => {
    const named = say('vendors', 'joiner', 2, { person: { department: 'Contract', name: 'Ada' } });
    const taken = say('hr', 'updated', 3, { effective: 10, person: { department: 'Sales' } });
    expect(department([named], 4)).toBe('Contract');
    expect(department([taken, named], 9)).toBe('Contract');
    expect(attributesAt([taken, named], ranks, at(10))).toEqual({ email, department: 'Sales' });
  });

  test('a higher source that names nobody by an e-mail has the word on what it says', () => {
    const named = say('vendors', 'joiner', 2, { person: { department: 'Contract', name: 'Ada' } });
    const said = [named, say('hr', 'mover', 3, { person: { department: 'Sales' } })];
    expect(attributesAt(said, ranks, at(4))).toEqual({ email, department: 'Sales', name: 'Ada' });
  });

  test('a source that the policy does not rank is below all others', () => {
    const said = [say('other', 'joiner', 5, { person: { department: 'X' } })];
    expect(department(said, 6)).toBe('X');
    expect(department([...said, say('lms', 'joiner', 1, { person: { department: 'Y' } })], 6)).toBe('Y');
  });

  test("an operator's word is the first source's, and the newer of the two holds", () => {
    const typed = say('cli', 'mover', 4, { person: { department: 'SRE' } });
    expect(department([hired, typed], 5)).toBe('SRE');
    expect(department([hired, typed, say('hr', 'mover', 5, { person: { department: 'Legal' } })], 6)).toBe('Legal');
    const byHand = say('cli', 'joiner', 1, { person: { department: 'Sales' } });
    expect(department([byHand, say('lms', 'joiner', 5, { person: { department: 'SRE' } })], 6)).toBe('Sales');
    // A correction of what a lower source says does not take the person from it.
    const contractor = say('vendors', 'joiner', 1, { person: { department: 'Contract' } });
    const corrected = [contractor, say('cli', 'mover', 2, { person: { title: 'Lead' } })];
    expect(attributesAt(corrected, ranks, at(3))).toEqual({ email, department: 'Contract', title: 'Lead' });
  });

  test("a leaver's e-mail counts only where nobody else says one", () => {
    const left = say('hr', 'leaver', 5, { person: { email: 'old@example.com' } });
    expect(attributesAt([left], ranks, at(6))).toEqual({ email: 'old@example.com' });
    expect(attributesAt([hired, left], ranks, at(6))?.email).toBe(email);
  });
});

describe('employment', () => {
  const employment = (said: readonly Statement[], day: number, by = ranks) => employmentAt(said, by, at(day)).state;

  test('holds from the day on which the newest word takes effect', () => {
    const leave = say('hr', 'leaver', 2, { effective: 10 });
    expect(employment([], 1)).toBe('unknown');
    expect([0, 9, 10].map((day) => employment([hired, leave], day))).toEqual(['unknown', 'employed', 'ended']);
    expect(employmentAt([hired, leave], ranks, at(10))).toEqual({
      state: 'ended',
      eventId: leave.eventId,
      source: 'hr',
    });
    const corrected = say('hr', 'leaver', 3, { effective: 20 });
    expect([10, 20].map((day) => employment([hired, leave, corrected], day))).toEqual(['employed', 'ended']);
    expect(employment([hired, leave, say('hr', 'leaverRescinded', 4)], 11)).toBe('employed');
    expect(employment([hired, leave, say('hr', 'updated', 4, { effective: 1, person: {} })], 11)).toBe('employed');
    expect(employment([hired, say('hr', 'leaver', 2, { effective: 10, immediate: true })], 3)).toBe('ended');
  });

  test('a contract ends on its day, whatever was recorded with its beginning', () => {
    const contract = [say('hr', 'joiner', 1, { effective: 10, person: {} }), say('hr', 'leaver', 1, { effective: 20 })];
    expect([5, 15, 20].map((day) => employment(contract, day))).toEqual(['unknown', 'employed', 'ended']);
  });

  test('a lower source ends it only where the policy says so, and begins it never', () => {
    const left = say('lms', 'leaver', 5);
    expect(employment([hired, left], 6)).toBe('employed');
    expect(employment([hired, left], 6, { ...ranks, mayEndEmployment: ['lms'] })).toBe('ended');
    expect(employment([hired, say('hr', 'leaver', 5), say('lms', 'joiner', 6, { person: {} })], 7)).toBe('ended');
    expect([...outrankedWords([hired, left], ranks, at(6))]).toEqual([[left.eventId, 'hr']]);
  });

  test('a lower source that came first has no word once a higher one speaks', () => {
    const named = say('lms', 'joiner', 1, { person: {} });
    const gone = say('lms', 'leaver', 8);
    expect(employment([named, gone], 9)).toBe('ended');
    const taken = say('hr', 'joiner', 4, { person: {} });
    expect(employment([named, gone, taken], 9)).toBe('employed');
    expect(employment([named, say('hr', 'leaver', 3)], 9)).toBe('ended');
  });

  test('a contract of a lower source ends before the day on which a higher one takes over', () => {
    const contract = [say('vendors', 'joiner', 1, { person: {} }), say('vendors', 'leaver', 2, { effective: 9 })];
    const taken = say('hr', 'joiner', 3, { effective: 10, person: {} });
    expect([8, 9, 10].map((day) => employment([...contract, taken], day))).toEqual(['employed', 'ended', 'employed']);
    expect(outrankedWords([...contract, taken], ranks, at(4))).toEqual(new Map());
    expect([...outrankedWords([...contract, taken], ranks, at(11)).values()]).toEqual(['hr', 'hr']);
  });

  test('an operator ends and begins it as the first source does', () => {
    expect(employment([hired, say('cli', 'leaver', 5)], 6)).toBe('ended');
    expect(employment([say('lms', 'joiner', 6, { person: {} }), say('cli', 'leaver', 7)], 8)).toBe('ended');
    expect(employment([say('cli', 'joiner', 1, { person: {} }), say('lms', 'leaver', 7)], 8)).toBe('employed');
  });
});
