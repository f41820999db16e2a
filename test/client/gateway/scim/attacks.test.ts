import { describe, expect, test } from '@jest/globals';
import { openDatabases } from '../../../inventory/backends.ts';
import {
  coreGroup,
  coreUser,
  enterpriseUser,
  patchBody,
  startScim,
  userBody,
  type Body,
  type TestScim,
} from '../../support/scim.ts';

/** What clients send who mean no harm and get it wrong, or who mean harm. */

const urlOf = ({ body }: { readonly body: Body }) => `/Users/${String(body['id'])}`;
const active = (value: unknown): Body => patchBody({ op: 'replace', path: 'active', value });
const words = async ({ recorded }: TestScim) => (await recorded()).map(({ kind, personId }) => `${kind} ${personId}`);

for (const { dialect, makeFixture } of await openDatabases())
  describe(`texts in ${dialect}`, () => {
    test('a text with NUL is a wrong value wherever it stands, and nobody stays for it', async () => {
      await using fixture = await makeFixture();
      await using scim = await startScim({ database: fixture.location });
      const wrong = { status: 400, body: { scimType: 'invalidValue' } };
      for (const more of [{ userName: 'k\0' }, { externalId: 'k\0' }, { [enterpriseUser]: { manager: 'b\0' } }]) {
        expect(await scim.send('POST', '/Users', userBody('kim', more))).toMatchObject(wrong);
      }
      const group = { schemas: [coreGroup], displayName: 'Ops', members: [{ value: 'kim\0' }] };
      expect(await scim.send('POST', '/Groups', group)).toMatchObject(wrong);
      const kim = await scim.send('POST', '/Users', userBody('kim'));
      const filter = encodeURIComponent(String.raw`userName eq "kim\u0000"`);
      expect(await scim.send('GET', `/Users?filter=${filter}`)).toMatchObject({ status: 400 });
      expect(await scim.send('GET', '/Users/%00')).toMatchObject({ status: 404 });
      const leaver = userBody('kim', { active: false, userName: 'k\0', title: '\0' });
      expect(await scim.send('PUT', urlOf(kim), leaver)).toMatchObject({ status: 200, body: { active: false } });
      expect(await words(scim)).toEqual(['joiner kim', 'leaver kim']);
      expect(scim.errors).toEqual([]);
    });
  });

test('a user who is refused makes no person known', async () => {
  await using scim = await startScim();
  await scim.send('POST', '/Users', userBody('kim'));
  const refused = [
    userBody('lee', { userName: 'KIM@example.com' }),
    userBody('max', { userType: 'Contractor' }),
    userBody('eve', { userName: 'kim@example.com', externalId: undefined }),
  ];
  for (const user of refused) expect((await scim.send('POST', '/Users', user)).status).toBeGreaterThanOrEqual(400);
  const aliases = await scim.inventory.listAliases({ limit: 10, offset: 0 });
  expect(aliases.map(({ externalId }) => externalId)).toEqual(['kim']);
});

test("another user's externalId is refused by PATCH and PUT, and left out of a deactivation", async () => {
  await using scim = await startScim();
  await scim.send('POST', '/Users', userBody('boss'));
  const kim = await scim.send('POST', '/Users', userBody('kim'));
  const taken = { status: 409, body: { scimType: 'uniqueness', detail: 'another user has this externalId' } };
  const change = { op: 'replace', path: 'externalId', value: 'boss' };
  expect(await scim.send('PATCH', urlOf(kim), patchBody(change))).toMatchObject(taken);
  expect(await scim.send('PUT', urlOf(kim), userBody('kim', { externalId: 'boss' }))).toMatchObject(taken);
  const gone = userBody('kim', { externalId: 'boss', active: false });
  expect(await scim.send('PUT', urlOf(kim), gone)).toMatchObject({
    status: 200,
    body: { active: false, externalId: 'kim', userName: 'kim@example.com' },
  });
  expect(await words(scim)).toEqual(['joiner boss', 'joiner kim', 'leaver kim']);
});

test('single quotes are quotes: the member whom such a path names is removed', async () => {
  await using scim = await startScim();
  const kim = await scim.send('POST', '/Users', userBody('kim', { title: "Kim's deputy" }));
  const members = [{ value: kim.body['id'] }];
  const group = await scim.send('POST', '/Groups', { schemas: [coreGroup], displayName: 'Ops', members });
  const path = `members[value eq '${String(kim.body['id'])}']`;
  const removed = await scim.send('PATCH', `/Groups/${String(group.body['id'])}`, patchBody({ op: 'remove', path }));
  expect(removed.body['members']).toBeUndefined();
  const value = 'kim.new@example.com';
  const change = { op: 'replace', path: "emails[type eq 'work'].value", value };
  expect(await scim.send('PATCH', urlOf(kim), patchBody(change))).toMatchObject({
    body: { emails: [{ value, type: 'work', primary: true }] },
  });
  const count = async (filter: string) =>
    (await scim.send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body['totalResults'];
  expect(await count("userName eq 'kim@example.com' and active eq true")).toBe(1);
  expect(await count(`title eq "Kim's deputy"`)).toBe(1);
  expect(await count("title sw Kim's")).toBe(1);
});

test('active as 1 and 0 is what it says', async () => {
  await using scim = await startScim();
  const kim = await scim.send('POST', '/Users', userBody('kim', { active: 1 }));
  expect(kim.body['active']).toBe(true);
  for (const value of [0, '1', '0']) await scim.send('PATCH', urlOf(kim), active(value));
  expect(await words(scim)).toEqual(['joiner kim', 'leaver kim', 'joiner kim', 'leaver kim']);
  expect(await scim.send('PATCH', urlOf(kim), active(2))).toMatchObject({ status: 400 });
});

test.each<[string, Body]>([
  ['below the URN of the core schema', { op: 'replace', value: { [coreUser]: { active: false } } }],
  ['at the URN of the core schema', { op: 'replace', path: coreUser, value: { active: 'False' } }],
  ['in a list of one', { op: 'replace', value: [{ active: false }] }],
  ['as the value of a value', { op: 'Replace', path: 'active', value: [{ $ref: null, value: 'False' }] }],
])('active: false is read %s', async (_where, operation) => {
  await using scim = await startScim();
  const kim = await scim.send('POST', '/Users', { [coreUser]: userBody('kim') });
  expect(kim).toMatchObject({ status: 201, body: { userName: 'kim@example.com' } });
  expect(await scim.send('PATCH', urlOf(kim), patchBody(operation))).toMatchObject({ body: { active: false } });
  await scim.send('PATCH', urlOf(kim), active(true));
  await scim.send('PUT', urlOf(kim), { [coreUser.toLowerCase()]: userBody('kim', { active: false }) });
  expect(await words(scim)).toEqual(['joiner kim', 'leaver kim', 'joiner kim', 'leaver kim']);
});

test('a body in another encoding is refused, and not mended', async () => {
  await using scim = await startScim();
  const send = (payload: Buffer) =>
    scim.app.inject({
      method: 'POST',
      url: '/scim/v2/Users',
      headers: { authorization: `Bearer ${scim.token}`, 'content-type': 'application/scim+json' },
      payload,
    });
  const text = JSON.stringify(userBody('kim', { title: 'Präsidentin' }));
  expect((await send(Buffer.from(text, 'latin1'))).json()).toMatchObject({
    status: '400',
    scimType: 'invalidSyntax',
    detail: 'the body is not text in UTF-8',
  });
  expect((await send(Buffer.from(`\ufeff${text}`))).json()).toMatchObject({ title: 'Präsidentin' });
});

test('who is taken from a group by one of their ids is no member by the other one either', async () => {
  await using scim = await startScim();
  const kim = await scim.send('POST', '/Users', userBody('kim'));
  const id = String(kim.body['id']);
  const groupsOf = async () => (await scim.send('GET', urlOf(kim))).body['groups'];
  const both = [{ value: 'kim' }, { value: id }];
  const group = await scim.send('POST', '/Groups', { schemas: [coreGroup], displayName: 'Ops', members: both });
  const change = (...operations: readonly Body[]) =>
    scim.send('PATCH', `/Groups/${String(group.body['id'])}`, patchBody(...operations));
  for (const operation of [
    { op: 'remove', path: `members[value eq "${id}"]` },
    { op: 'remove', path: 'members', value: [{ value: 'kim' }] },
    { op: 'Remove', path: 'members', value: id },
  ]) {
    await change({ op: 'replace', path: 'members', value: both });
    expect(await groupsOf()).toHaveLength(1);
    expect(await change(operation)).toMatchObject({ status: 200 });
    expect(await groupsOf()).toBeUndefined();
  }
  await change({ op: 'add', path: 'members', value: 'kim' });
  await change({ op: 'remove', path: 'members', value: id }, { op: 'add', path: 'members', value: 'kim' });
  expect(await groupsOf()).toHaveLength(1);
});
