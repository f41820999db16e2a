import { expect, test } from '@jest/globals';
import { dateEvent, readEvent, type EventOptions, type SubmittableKind } from '../../../client/cli/eventInput.ts';
import { UsageError } from '../../../domain/errors.ts';

const now = new Date('2026-01-15T12:00:00.000Z');
const read = (kind: SubmittableKind, options: EventOptions, file = {}) =>
  readEvent(kind, options, file, { now, newId: () => 'new-id' });
const policyIn = (defaultTimeZone: string) => () =>
  Promise.resolve({ defaultTimeZone, sources: [], identity: { allowedDomains: [], ignore: [], mayEndEmployment: [] } });
const berlin = policyIn('Europe/Berlin');
const utc = policyIn('UTC');
const nobody = {
  attributesAt: () => Promise.resolve(undefined),
  statementsOf: () => Promise.resolve([]),
  waitingEvents: () => Promise.resolve([]),
};

test('options become an event of source cli that is effective now', async () => {
  const input = read('joiner', {
    personId: 'e-1',
    email: 'ada@example.com',
    department: 'Engineering',
    attribute: { location: 'Berlin' },
  });
  expect(await dateEvent(nobody, input, utc)).toEqual({
    eventId: 'new-id',
    kind: 'joiner',
    personId: 'e-1',
    occurredAt: now.toISOString(),
    effectiveAt: now.toISOString(),
    source: 'cli',
    person: { email: 'ada@example.com', department: 'Engineering', extra: { location: 'Berlin' } },
  });
});

test('options win over the fields of a file, which may be nested or flat', () => {
  const file = {
    kind: 'joiner',
    eventId: 'from-file',
    personId: 'e-1',
    occurredAt: '2026-01-01T00:00:00Z',
    source: 'hr',
    title: 'Engineer',
    person: { email: 'old@example.com', department: 'SRE', extra: { location: 'Paris', level: '3' } },
  };
  const { draft } = read('joiner', { email: 'new@example.com', attribute: { location: 'Berlin' } }, file);
  expect(draft).toMatchObject({ eventId: 'from-file', occurredAt: '2026-01-01T00:00:00Z', source: 'hr' });
  expect(draft.person).toEqual({
    email: 'new@example.com',
    title: 'Engineer',
    department: 'SRE',
    extra: { location: 'Berlin', level: '3' },
  });
});

test('a mover may name only what changed', () => {
  expect(read('mover', { personId: 'e-1', title: 'Lead' }).draft.person).toEqual({ title: 'Lead' });
});

test('a day begins or ends in the given time zone, else the known one, else the default', async () => {
  const input = read('mover', { personId: 'e-1', title: 'Lead', effective: '2026-02-01' });
  const leaver = read('leaver', { personId: 'e-1', effective: '2026-03-29' });
  const known = {
    ...nobody,
    attributesAt: () => Promise.resolve({ email: 'ada@example.com', timeZone: 'Asia/Tokyo' }),
  };
  const given = read('mover', { personId: 'e-1', timeZone: 'America/New_York', effective: '2026-02-01' });
  expect((await dateEvent(known, given, berlin)).effectiveAt).toBe('2026-02-01T05:00:00.000Z');
  expect((await dateEvent(known, input, berlin)).effectiveAt).toBe('2026-01-31T15:00:00.000Z');
  expect((await dateEvent(nobody, input, berlin)).effectiveAt).toBe('2026-01-31T23:00:00.000Z');
  // The last working day of a leaver ends with its last minute.
  expect((await dateEvent(known, leaver, berlin)).effectiveAt).toBe('2026-03-29T15:00:00.000Z');
  expect((await dateEvent(nobody, leaver, berlin)).effectiveAt).toBe('2026-03-29T22:00:00.000Z');
});

const email = 'ada@example.com';
test.each<[string, SubmittableKind, EventOptions, object, RegExp]>([
  ['no person', 'leaver', {}, {}, /^--person-id is missing.*e-1042/],
  ['a joiner without an e-mail', 'joiner', { personId: 'e-1' }, {}, /^--email is missing/],
  ['a mover without a change', 'mover', { personId: 'e-1' }, {}, /^Nothing says what changed/],
  [
    'a file of another kind',
    'joiner',
    {},
    { kind: 'leaver', personId: 'e-1' },
    /--file holds an event of kind "leaver"/,
  ],
  ['an unknown field', 'joiner', { personId: 'e-1', email }, { emial: 'x' }, /field emial that is not known/],
  ['an unknown field of the person', 'joiner', { personId: 'e-1' }, { person: { email, age: '3' } }, /field age/],
  [
    'a person that is a text',
    'joiner',
    { personId: 'e-1' },
    { person: email },
    /person in --file must be one JSON object/,
  ],
  ['a bad personId in a file', 'leaver', {}, { personId: 'e 1' }, /^personId must be/],
  ['a bad e-mail in a file', 'joiner', { personId: 'e-1' }, { email: 'ada' }, /person\.email must be an e-mail/],
  ['a bad time zone in a file', 'joiner', { personId: 'e-1', email }, { timeZone: 'Mars' }, /timeZone "Mars"/],
  ['a bad date in a file', 'leaver', { personId: 'e-1' }, { effectiveAt: 'soon' }, /^effectiveAt in --file "soon"/],
  ['a number as date', 'leaver', { personId: 'e-1' }, { effectiveAt: 7 }, /^effectiveAt in --file must be a text/],
  ['a bad occurredAt', 'leaver', { personId: 'e-1' }, { occurredAt: 'then' }, /^occurredAt must be an instant/],
  ['a fact of the future', 'leaver', { personId: 'e-1' }, { occurredAt: '2099-01-01T00:00:00Z' }, /lies in the future/],
])('%s is refused, naming the field', (_what, kind, options, file, message) => {
  expect(() => read(kind, options, file)).toThrow(UsageError);
  expect(() => read(kind, options, file)).toThrow(message);
});

test('a rescinded leave needs no e-mail, and is no leaver from a file', () => {
  expect(read('leaverRescinded', { personId: 'e-1' }).draft).toMatchObject({
    kind: 'leaverRescinded',
    personId: 'e-1',
  });
  expect(() => read('leaver', { personId: 'e-1' }, { kind: 'leaverRescinded' })).toThrow(UsageError);
});
