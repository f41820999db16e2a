import { expect, test } from '@jest/globals';
import { emailOf } from '../../../../client/gateway/scim/userFacts.ts';
import {
  coreGroup,
  enterpriseUser,
  musterUser,
  patchBody,
  patched,
  readUser,
  startScim,
  userBody,
  type Body,
} from '../../support/scim.ts';

/** What identity providers really send: read as it is meant, and kept as the schema has it. */

const work = { value: 'kim@example.com', type: 'work', primary: true };
const home = { value: 'home@example.org', type: 'home' };
const kim = readUser({ userName: 'kim@example.com', emails: [work, home] });

test.each<[string, Body, Body]>([
  [
    'blanks',
    { userName: 'kim', externalId: '', title: '  ', name: { givenName: '' }, emails: [{ ...work, value: '' }, home] },
    { userName: 'kim', emails: [home] },
  ],
  ['blank lists and objects', { userName: 'kim', emails: '', roles: [], addresses: [{}] }, { userName: 'kim' }],
  [
    'values in lists of one, and single values of lists',
    { userName: ['kim'], active: ['True'], emails: 'kim@example.com', roles: { value: 'a' } },
    { userName: 'kim', active: true, emails: [{ value: 'kim@example.com' }], roles: [{ value: 'a' }] },
  ],
  [
    'texts for booleans and numbers for texts',
    {
      userName: 'kim',
      active: ' false ',
      emails: [{ ...work, primary: 'TRUE' }],
      [enterpriseUser]: { employeeNumber: 7 },
    },
    { userName: 'kim', active: false, emails: [work], [enterpriseUser]: { employeeNumber: '7' } },
  ],
])('a user with %s is kept as the schema has it', (_what, body, kept) => {
  expect(readUser(body)).toEqual(kept);
});

test.each<[Body, Body]>([
  [
    { op: 'add', path: 'emails[primary eq "True"].value', value: 'new@example.com' },
    { emails: [{ ...work, value: 'new@example.com' }, home] },
  ],
  [
    { op: 'add', path: 'phoneNumbers[primary eq "True"].value', value: '1' },
    { phoneNumbers: [{ value: '1', primary: true }] },
  ],
  [
    { op: 'replace', path: 'emails[type eq "home"].primary', value: 'True' },
    {
      emails: [
        { ...work, primary: false },
        { ...home, primary: true },
      ],
    },
  ],
  [
    { op: 'replace', path: 'emails[type eq "work"]', value: { ...work, value: 'first@example.com' } },
    { emails: [{ ...work, value: 'first@example.com' }, home] },
  ],
  [{ op: 'replace', path: 'emails[type eq "work"].value', value: '' }, { emails: [home] }],
  [{ op: 'add', path: 'emails', value: 'KIM@example.com' }, { emails: [home, { value: 'KIM@example.com' }] }],
  [{ op: 'replace', path: 'userName', value: ['lee'] }, { userName: 'lee' }],
  [{ op: 'replace', path: `${enterpriseUser}:badge`, value: 'x' }, {}],
  [
    { op: 'replace', value: { badge: 7, [`${enterpriseUser}:department`]: 'SRE' } },
    { [enterpriseUser]: { department: 'SRE' } },
  ],
])('the operation %j', (operation, changed) => {
  expect(patched(kim, patchBody(operation))).toEqual({ ...kim, ...changed });
});

test('the last primary wins, not the last element', () => {
  const both = patched(kim, patchBody({ op: 'replace', path: 'emails[type eq "home"].primary', value: true }));
  const back = patched(both, patchBody({ op: 'replace', path: 'emails[type eq "work"].primary', value: true }));
  expect(back['emails']).toEqual([work, { ...home, primary: false }]);
});

test.each<[Body, string | undefined]>([
  [{ userName: 'kim', emails: [{ value: '', primary: true }, home] }, 'home@example.org'],
  [{ userName: 'kim@example.com', emails: [{ type: 'work', value: ' ' }] }, 'kim@example.com'],
  [{ userName: 'kim', emails: [home, { value: 'w@example.com', type: 'Work' }] }, 'w@example.com'],
  [{ userName: 'kim', emails: [] }, undefined],
])('the e-mail of %j is %s', (body, email) => {
  expect(emailOf(readUser(body))).toBe(email);
});

test('missing, empty and old schemas are read, by POST, PUT, PATCH and search', async () => {
  await using scim = await startScim();
  const created = await scim.send('POST', '/Users', userBody('kim', { schemas: undefined }));
  expect(created).toMatchObject({ status: 201 });
  const url = `/Users/${String(created.body['id'])}`;
  const old = ['urn:scim:schemas:core:1.0'];
  expect(await scim.send('PUT', url, userBody('kim', { schemas: old, title: 'x' }))).toMatchObject({ status: 200 });
  const ended = { schemas: [], Operations: { op: 'replace', path: 'active', value: 'False' } };
  expect(await scim.send('PATCH', url, ended)).toMatchObject({ status: 200, body: { active: false } });
  expect(await scim.send('POST', '/Users/.search', { filter: 'active eq false' })).toMatchObject({
    body: { totalResults: 1 },
  });
});

test('unknown attributes are ignored alike in POST, PUT and PATCH, and counted', async () => {
  await using scim = await startScim();
  const odd = { badge: 'secret-1', name: { nickname: 'secret-2', givenName: 'Kim' } };
  const created = await scim.send('POST', '/Users', userBody('kim', odd));
  const url = `/Users/${String(created.body['id'])}`;
  await scim.send('PUT', url, userBody('kim', { ...odd, title: 'x' }));
  const named = { op: 'replace', path: 'badge', value: 'secret-1' };
  await scim.send('PATCH', url, patchBody(named, { op: 'replace', value: { ...odd, title: 'Engineer' } }));
  const { body } = await scim.send('GET', url);
  expect(body).toMatchObject({ title: 'Engineer', name: { givenName: 'Kim' } });
  const noted = scim.logged.filter(({ message }) => message === 'ignored in a SCIM request');
  // Once a minute.
  expect(noted).toMatchObject([{ source: 'idp', what: 'attribute', count: 2 }]);
  expect(JSON.stringify([noted, body])).not.toContain('secret');
  expect(await scim.metrics.registry.metrics()).toContain('muster_scim_ignored_total{source="idp",what="attribute"} 7');
});

test('slashes at the end and doubled ones lead to the same address', async () => {
  await using scim = await startScim();
  const { body } = await scim.send('POST', '//Users/', userBody('kim'));
  for (const url of ['/Users/', '//Users', `/Users//${String(body['id'])}/`, '/Users/?filter=userName%20pr']) {
    expect(await scim.send('GET', url)).toMatchObject({ status: 200 });
  }
});

test('filters as providers write them find the same users and groups', async () => {
  await using scim = await startScim();
  const manager = { [enterpriseUser]: { manager: 'boss' } };
  const { body } = await scim.send('POST', '/Users', userBody('kim', { userName: 'Kim.É', ...manager }));
  await scim.send('POST', '/Users', userBody('lee'));
  const id = String(body['id']);
  const members = [{ value: id }];
  await scim.send('POST', '/Groups', { schemas: [coreGroup], displayName: 'On call', members });
  await scim.send('POST', '/Groups', { schemas: [coreGroup], displayName: 'Others' });
  const count = async (what: string, filter: string) => {
    const found = await scim.send('GET', `/${what}?filter=${encodeURIComponent(filter)}`);
    return found.body['totalResults'];
  };
  const ofKim = [
    'emails[type eq "work"].value eq "KIM@example.com"',
    `id eq "${id}" and manager eq "boss"`,
    'userName eq Kim.É',
    // The accent as a mark of its own, and a blank: one folding for looking up and for comparing.
    'userName eq "kim.e\u0301 "',
    'externalId eq kim and active eq True',
    'emails.value eq kim@example.com',
  ];
  for (const filter of ofKim) expect([filter, await count('Users', filter)]).toEqual([filter, 1]);
  expect(await count('Users', `id eq "${id}" and manager eq "nobody"`)).toBe(0);
  const onCall = [`members eq "${id}"`, `members[value eq "${id}"]`, 'displayName eq "ON CALL"'];
  for (const filter of onCall) expect([filter, await count('Groups', filter)]).toEqual([filter, 1]);
  const same = userBody('other', { userName: 'KIM.E\u0301' });
  expect(await scim.send('POST', '/Users', same)).toMatchObject({ status: 409 });
});

test('an inactive user created again with the same externalId is a rehire with the same id', async () => {
  await using scim = await startScim();
  const { body } = await scim.send('POST', '/Users', userBody('kim'));
  const again = userBody('kim', { title: 'Director' });
  expect(await scim.send('POST', '/Users', again)).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
  await scim.send('PATCH', `/Users/${String(body['id'])}`, patchBody({ op: 'replace', path: 'active', value: false }));
  const back = await scim.send('POST', '/Users', again);
  expect(back).toMatchObject({ status: 201, body: { id: body['id'], active: true, title: 'Director' } });
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner', 'leaver', 'joiner']);
});

test('two users with a blank externalId are two people', async () => {
  await using scim = await startScim();
  for (const name of ['kim', 'lee']) {
    const created = await scim.send('POST', '/Users', userBody(name, { externalId: '' }));
    expect(created).toMatchObject({ status: 201 });
    expect(created.body['externalId']).toBeUndefined();
  }
  const said = await scim.recorded();
  expect(new Set(said.map(({ personId }) => personId)).size).toBe(2);
});

test('a manager who is pushed after the report is linked when they arrive', async () => {
  await using scim = await startScim();
  const manager = { [enterpriseUser]: { manager: { value: 'HR boss' } } };
  await scim.send('POST', '/Users', userBody('kim', manager));
  await scim.send('POST', '/Users', userBody('boss', { externalId: 'HR boss' }));
  const [kim, boss, linked, ...more] = await scim.recorded();
  expect(kim).toMatchObject({ kind: 'joiner', personId: 'kim', person: { manager: 'HR boss' } });
  expect(linked).toMatchObject({ kind: 'mover', personId: 'kim', person: { manager: boss?.personId } });
  expect(more).toEqual([]);
});

test('resources are at the public address where there is one, whatever a proxy asks for', async () => {
  await using scim = await startScim({ publicUrl: 'https://muster.example.com/idm' });
  const created = await scim.send('POST', '/Users', userBody('kim'));
  const location = `https://muster.example.com/idm/scim/v2/Users/${String(created.body['id'])}`;
  expect(created).toMatchObject({ headers: { location }, body: { meta: { location } } });
});

test.each<[string, Body, string]>([
  ['a leave that is over', { leaveDate: '2026-01-31' }, 'the last working day has passed'],
  ['a leave before the hire', { hireDate: '2099-03-01', leaveDate: '2099-02-01' }, 'before the first day'],
  ['a date that is none', { leaveDate: 'soon' }, 'leaveDate must be'],
])('an active user with %s is refused in words', async (_what, dates, why) => {
  await using scim = await startScim();
  const refused = await scim.send('POST', '/Users', userBody('kim', { [musterUser]: dates }));
  expect(refused).toMatchObject({
    status: 400,
    body: { scimType: 'invalidValue', detail: expect.stringContaining(why) },
  });
  const open = { leaveDate: '9999-12-31', hireDate: '0000-00-00' };
  expect(await scim.send('POST', '/Users', userBody('kim', { [musterUser]: open }))).toMatchObject({ status: 201 });
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner']);
});
