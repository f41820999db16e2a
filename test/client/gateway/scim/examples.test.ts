import { expect, test } from '@jest/globals';
import { parseFilter } from '../../../../client/gateway/scim/filter.ts';
import { matches } from '../../../../client/gateway/scim/match.ts';
import { enterpriseUrn, userType } from '../../../../client/gateway/scim/schemas.ts';
import type { JsonObject } from '../../../../client/gateway/scim/values.ts';
import { coreUser, patchBody, patched, type Body } from '../../support/scim.ts';

/** Filters and PATCHes as identity providers send them, each with its result. */

const work = { value: 'kim@example.com', type: 'work', primary: true };
const home = { value: 'home@example.org', type: 'home' };
const kim: JsonObject = {
  userName: 'Kim@Example.com',
  externalId: 'K1',
  active: true,
  title: 'Sales and Support',
  name: { givenName: 'Kim', familyName: 'Example' },
  emails: [work, home],
  [enterpriseUrn]: { department: 'SRE', manager: { value: 'm1' } },
};

test.each([
  ['userName eq "kim@example.com"', true],
  ['externalId eq "k1"', false],
  ['userName co "EXAMPLE"', true],
  ['title eq "sales and support"', true],
  ['not (title eq "Sales and Support")', false],
  ['not (userName eq "x" and active eq true)', true],
  ['not (userName eq "x" or active eq true)', false],
  ['title eq "x" or userName sw "kim" and active eq true', true],
  ['active eq "True"', true],
  ['emails pr', true],
  ['phoneNumbers pr', false],
  ['phoneNumbers.value co "1"', false],
  ['nickName eq null', true],
  ['nickName co "undef"', false],
  ['emails eq "HOME@example.org"', true],
  ['emails[type eq "work" and value co "home"]', false],
  ['emails[type eq "work"] and title pr', true],
  [`${coreUser}:userName ew ".com"`, true],
  [`${enterpriseUrn}:department eq "sre"`, true],
  [`${enterpriseUrn}:manager.value eq "m1"`, true],
])('the filter %s', (filter, isMatch) => {
  expect(matches(parseFilter(filter, userType.root), kim)).toBe(isMatch);
});

test.each<[Body, JsonObject]>([
  [
    { op: 'Replace', path: 'emails[type eq "WORK"].value', value: 'new@example.com' },
    { emails: [{ ...work, value: 'new@example.com' }, home] },
  ],
  [
    { op: 'Add', path: 'emails[type eq "other"].value', value: 'o@example.com' },
    { emails: [work, home, { type: 'other', value: 'o@example.com' }] },
  ],
  [{ op: 'add', path: 'emails', value: { ...work, display: 'Kim' } }, { emails: [home, { ...work, display: 'Kim' }] }],
  [{ op: 'remove', path: 'emails', value: [{ value: 'home@example.org' }] }, { emails: [work] }],
  [{ op: 'remove', path: 'emails[type eq "home"]' }, { emails: [work] }],
  [{ op: 'replace', path: 'name', value: { familyName: 'Lee' } }, { name: { givenName: 'Kim', familyName: 'Lee' } }],
  [{ op: 'replace', path: 'name', value: { unknown: 'x' } }, {}],
  [
    { op: 'replace', value: { 'name.givenName': 'Lee', active: 'False', unknown: 'x' } },
    {
      name: { givenName: 'Lee', familyName: 'Example' },
      active: false,
    },
  ],
  [
    { op: 'add', value: { [enterpriseUrn]: { manager: 'm2' } } },
    { [enterpriseUrn]: { department: 'SRE', manager: { value: 'm2' } } },
  ],
  [{ op: 'remove', path: `${enterpriseUrn}:manager` }, { [enterpriseUrn]: { department: 'SRE' } }],
])('the operation %j', (operation, changed) => {
  expect(patched(kim, patchBody(operation))).toEqual({ ...kim, ...changed });
});

test('fields that are named like methods of objects are refused or ignored, as any other', () => {
  const odd = JSON.parse('{"op":{"toString":1},"path":"title","value":"x"}') as Body;
  expect(() => patched(kim, patchBody(odd))).toThrow('op must be add, replace or remove');
  const value = JSON.parse('{"__proto__":{"title":"x"},"constructor":"x","toString":"x"}') as Body;
  expect(patched(kim, patchBody({ op: 'add', value }))).toEqual(kim);
});
