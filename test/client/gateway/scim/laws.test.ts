import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ScimError } from '../../../../client/gateway/scim/errors.ts';
import { emailOf, factsOf } from '../../../../client/gateway/scim/userFacts.ts';
import type { Path } from '../../../../client/gateway/scim/attributes.ts';
import { parseFilter, type Filter } from '../../../../client/gateway/scim/filter.ts';
import { matches } from '../../../../client/gateway/scim/match.ts';
import { enterpriseUrn, musterUrn, userType } from '../../../../client/gateway/scim/schemas.ts';
import { isSame, type Json, type JsonObject } from '../../../../client/gateway/scim/values.ts';
import { coreUser, patchBody as patch, patched, readUser, type Body } from '../../support/scim.ts';

/** What holds of any filter, any PATCH and any user. */

const words = fc.constantFrom(
  'kim',
  'KIM',
  'Kim "K"',
  'a\\b',
  'work',
  'home',
  'ü',
  '2026-01-31',
  'true',
  'x'.repeat(300),
);
const emails = fc.record(
  {
    value: fc.constantFrom('kim@example.com', 'KIM@example.com', 'home@example.org', 'none'),
    type: words,
    primary: fc.boolean(),
  },
  { requiredKeys: [] },
);
const users: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      userName: words,
      externalId: words,
      active: fc.constantFrom<Json>(true, false, 'True', 'False'),
      title: words,
      userType: words,
      name: fc.record({ givenName: words, familyName: words, formatted: words }, { requiredKeys: [] }),
      emails: fc.array(emails, { maxLength: 3 }),
      [enterpriseUrn]: fc.record({ department: words, manager: fc.record({ value: words }) }, { requiredKeys: [] }),
      [musterUrn]: fc.record({ timeZone: fc.constantFrom('UTC', 'Europe/Berlin') }, { requiredKeys: [] }),
    },
    { requiredKeys: ['userName'] },
  )
  .map((user) => ({ active: true, ...readUser({ schemas: [coreUser], ...user }) }));

const literals = fc.oneof(
  words.map((word) => JSON.stringify(word)),
  fc.constantFrom('true', 'false', 'null', '7', '-1.5'),
);
const texts = fc.constantFrom(
  'userName',
  'externalId',
  'title',
  'name.givenName',
  'emails.value',
  'emails',
  `${enterpriseUrn}:department`,
  `${coreUser}:userName`,
  'meta.created',
);
const comparison = fc.oneof(
  fc.tuple(fc.oneof(texts, fc.constantFrom('active', 'emails.primary')), fc.constantFrom('eq', 'ne', 'EQ'), literals),
  fc.tuple(
    texts,
    fc.constantFrom('co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'),
    words.map((word) => JSON.stringify(word)),
  ),
  fc.tuple(texts, fc.constantFrom('pr', 'PR')),
);
const term = comparison.map((parts) => parts.join(' '));
const inList = fc
  .tuple(fc.constantFrom('type', 'value', 'primary'), fc.constantFrom('eq', 'ne'), literals)
  .map((parts) => `emails[${parts.join(' ')}]`);
const { filters } = fc.letrec<{ filters: string }>((tie) => ({
  filters: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    term,
    inList,
    fc.tuple(tie('filters'), fc.constantFrom('and', 'or'), tie('filters')).map((parts) => parts.join(' ')),
    tie('filters').map((inner) => `(${inner})`),
    tie('filters').map((inner) => `not (${inner})`),
  ),
}));

/** The filter as text, every group in parentheses. */
function print(filter: Filter): string {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.parts.map((part) => `(${print(part)})`).join(` ${filter.op} `);
    case 'not':
      return `not (${print(filter.part)})`;
    case 'present':
      return `${printPath(filter.path)} pr`;
    case 'has':
      return `${printPath(filter.path)}[${print(filter.filter)}]`;
    case 'eq':
    case 'ne':
    case 'co':
    case 'sw':
    case 'ew':
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return `${printPath(filter.path)} ${filter.op} ${JSON.stringify(filter.value)}`;
  }
}

const printPath = (path: Path): string =>
  path
    .map(({ name }) => (name.startsWith('urn:') ? `${name}:` : `${name}.`))
    .join('')
    .slice(0, -1);

/** What it returns; a SCIM error is right too, and says nothing further. Anything else that is thrown is not. */
function soundOf<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    fc.pre(error.status !== 400);
    throw error;
  }
}

test('a filter that is printed and read again accepts the same users', () => {
  let read = 0;
  fc.assert(
    fc.property(filters, fc.array(users, { minLength: 1, maxLength: 4 }), (text, all) => {
      const filter = soundOf(() => parseFilter(text, userType.root));
      const again = soundOf(() => parseFilter(print(filter), userType.root));
      read += 1;
      for (const user of all) expect(matches(again, user)).toBe(matches(filter, user));
    }),
    { numRuns: 400 },
  );
  expect(read).toBeGreaterThan(200);
});

const scraps = fc.array(
  fc.oneof(
    fc.constantFrom('userName', 'eq', 'and', 'or', 'not', '(', ')', '[', ']', '"a"', 'pr', 'emails'),
    fc.string(),
  ),
  { maxLength: 12 },
);

test('any text is a filter or a SCIM error', () => {
  fc.assert(
    fc.property(
      scraps.map((parts) => parts.join(' ')),
      (text) => {
        let said: string | undefined = 'invalidFilter';
        try {
          parseFilter(text, userType.root);
        } catch (error) {
          said = error instanceof ScimError ? error.scimType : String(error);
        }
        expect(said).toBe('invalidFilter');
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a user whom a filter does not accept is accepted by its opposite', () => {
  fc.assert(
    fc.property(filters, users, (text, user) => {
      const filter = soundOf(() => parseFilter(text, userType.root));
      const opposite = soundOf(() => parseFilter(`not (${text})`, userType.root));
      expect(matches(opposite, user)).toBe(!matches(filter, user));
    }),
    { numRuns: 300 },
  );
});

const values: fc.Arbitrary<unknown> = fc.oneof(
  words,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  emails,
  fc.array(emails, { maxLength: 2 }),
  fc.record({ givenName: words, title: words, active: fc.boolean(), nonsense: words }, { requiredKeys: [] }),
  fc.jsonValue(),
);
const paths = fc.oneof(
  fc.constantFrom(
    'active',
    'title',
    'userName',
    'name',
    'name.givenName',
    'emails',
    'emails.value',
    'emails[type eq "work"]',
    'emails[type eq "work"].value',
    'emails[primary eq true]',
    'emails[',
    'id',
    'meta',
    'password',
    'nonsense',
    '',
    '__proto__',
    'constructor',
  ),
  fc.constantFrom(
    enterpriseUrn,
    `${enterpriseUrn}:department`,
    `${enterpriseUrn}:manager`,
    `${musterUrn}:leaveDate`,
    musterUrn,
  ),
  fc.string(),
);
const operations = fc.array(
  fc.record(
    { op: fc.constantFrom('add', 'replace', 'remove', 'Add', 'Replace', 'Remove', 'move'), path: paths, value: values },
    { requiredKeys: ['op'] },
  ),
  { minLength: 1, maxLength: 6 },
);

test('a PATCH of any operations returns a user or a SCIM error, and changes nothing in place', () => {
  fc.assert(
    fc.property(users, operations, (user, all) => {
      const before = structuredClone(user);
      const after = soundOf(() => patched(user, patch(...(all as Body[]))));
      expect(user).toEqual(before);
      // It can be kept and read again as it is.
      expect(readUser({ schemas: [coreUser], ...after })).toEqual(after);
      soundOf(() => factsOf(after, { groups: [], defaultTimeZone: 'UTC' }));
    }),
    { numRuns: 1_000 },
  );
});

test('a PATCH that does not name active never brings back a deactivated user', () => {
  const others = operations.map((all) =>
    all.filter(
      ({ path, value }) =>
        path !== undefined && path.trim() !== '' && path.trim().toLowerCase() !== 'active' && value !== undefined,
    ),
  );
  fc.assert(
    fc.property(users, others, (user, all) => {
      fc.pre(all.length > 0);
      const gone = { ...user, active: false };
      const after = soundOf(() => patched(gone, patch(...(all as Body[]))));
      expect(after['active']).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('a replaced value is there, a removed one is not, and doing it again changes nothing', () => {
  const simple = fc.constantFrom('title', 'userType', 'externalId', 'name.givenName', `${enterpriseUrn}:department`);
  fc.assert(
    fc.property(users, simple, words, (user, path, value) => {
      const replace = patch({ op: 'replace', path, value });
      const once = patched(user, replace);
      expect(matches(parseFilter(`${path} eq ${JSON.stringify(value)}`, userType.root), once)).toBe(true);
      expect(isSame(patched(once, replace), once)).toBe(true);
      const removed = patched(once, patch({ op: 'remove', path }));
      expect(matches(parseFilter(`${path} pr`, userType.root), removed)).toBe(false);
      expect(isSame(patched(removed, patch({ op: 'remove', path })), removed)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('the facts of a user are an address and texts without control characters, or none', () => {
  fc.assert(
    fc.property(users, fc.array(words), (user, groups) => {
      const facts = factsOf(user, { groups, defaultTimeZone: 'UTC' });
      expect(facts.person?.email).toBe(emailOf(user));
      expect(facts.isActive).toBe(user['active'] !== false);
      for (const text of [facts.person?.name, facts.person?.title, facts.person?.department]) {
        expect(text ?? 'none').toMatch(/^\P{Cc}{1,255}$/u);
      }
    }),
    { numRuns: 300 },
  );
});

const dated = (muster: JsonObject) => ({ userName: 'kim@example.com', active: true, [musterUrn]: muster });
test.each([
  [{ hireDate: '2026-03-29', timeZone: 'Europe/Berlin' }, '2026-03-28T23:00:00.000Z', undefined],
  [{ leaveDate: '2026-03-29', timeZone: 'Europe/Berlin' }, undefined, '2026-03-29T22:00:00.000Z'],
  [{ leaveDate: '2026-03-29' }, undefined, '2026-03-29T15:00:00.000Z'],
  [{ leaveDate: '2011-12-29', timeZone: 'Pacific/Apia' }, undefined, '2011-12-30T10:00:00.000Z'],
  [
    { hireDate: '2026-01-31T09:00:00+01:00', leaveDate: '2026-12-31T17:00:00Z', timeZone: 'Asia/Tokyo' },
    '2026-01-31T08:00:00.000Z',
    '2026-12-31T17:00:00.000Z',
  ],
])('the extension %j begins and ends as the zone has it', (muster, hireAt, leaveAt) => {
  const facts = factsOf(dated(muster), { groups: [], defaultTimeZone: 'Asia/Tokyo' });
  expect([facts.hireAt, facts.leaveAt]).toEqual([hireAt, leaveAt]);
});

test.each([
  [{ timeZone: 'Mars/Olympus' }, /IANA time zone/],
  [{ leaveDate: '2026-02-30' }, /leaveDate must be a day/],
  [{ hireDate: 'soon' }, /hireDate must be a day/],
])('the extension %j is refused', (muster, why) => {
  expect(() => factsOf(dated(muster), { groups: [], defaultTimeZone: 'UTC' })).toThrow(why);
});
