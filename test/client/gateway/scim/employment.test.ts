import { expect, test } from '@jest/globals';
import {
  enterpriseUser,
  musterUser,
  patchBody,
  startScim,
  userBody,
  type Body,
  type TestScim,
} from '../../support/scim.ts';

/** What a pushed user says of an employment: its days, its end, its beginning anew. */

const muster = (more: Body): Body => ({ [musterUser]: { timeZone: 'Europe/Berlin', ...more } });

async function create(scim: TestScim, more: Body): Promise<string> {
  const { status, body } = await scim.send('POST', '/Users', userBody('kim', more));
  expect(status).toBe(201);
  return `/Users/${String(body['id'])}`;
}

test('days begin and end in the zone of the person, and a leave may be moved and rescinded', async () => {
  await using scim = await startScim();
  const url = await create(scim, muster({ hireDate: '2099-03-29', leaveDate: '2099-12-31' }));
  expect(await scim.recorded()).toMatchObject([
    { kind: 'joiner', effectiveAt: '2099-03-28T23:00:00.000Z', person: { timeZone: 'Europe/Berlin' } },
    { kind: 'leaver', effectiveAt: '2099-12-31T23:00:00.000Z' },
  ]);
  const path = `${musterUser}:leaveDate`;
  for (const value of ['2099-10-25', '2099-06-30T12:00:00+02:00']) {
    await scim.send('PATCH', url, patchBody({ op: 'replace', path, value }));
  }
  await scim.send('PATCH', url, patchBody({ op: 'remove', path }));
  const changes = (await scim.recorded()).slice(2);
  expect(changes.map(({ kind, effectiveAt }) => [kind, effectiveAt])).toEqual([
    ['leaver', expect.stringMatching(/^2099-10-25T2[23]:00:00.000Z$/)],
    ['leaver', '2099-06-30T10:00:00.000Z'],
    ['leaverRescinded', expect.any(String)],
  ]);
  // The later word is the newer one.
  const said = (await scim.recorded()).map(({ occurredAt }) => occurredAt);
  expect(said).toEqual(said.toSorted());
});

test('a deactivated user comes back by active: true, and by no other change', async () => {
  await using scim = await startScim();
  const url = await create(scim, {});
  await scim.send('PATCH', url, patchBody({ op: 'replace', path: 'active', value: false }));
  await scim.send('PATCH', url, patchBody({ op: 'replace', path: 'title', value: 'Engineer' }));
  await scim.send('PATCH', url, patchBody({ op: 'add', value: { [enterpriseUser]: { department: 'SRE' } } }));
  await scim.send('PUT', url, userBody('kim', { active: false, title: 'Director' }));
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner', 'leaver']);
  // Some templates have no `active` at all.
  expect(await scim.send('PUT', url, userBody('kim'))).toMatchObject({ status: 200, body: { active: false } });
  await scim.send('PATCH', url, patchBody({ op: 'remove', path: 'active' }, { op: 'replace', value: { active: '' } }));
  expect((await scim.send('GET', url)).body['active']).toBeUndefined();
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner', 'leaver']);
  const back = await scim.send('PUT', url, userBody('kim', { active: true }));
  expect(back).toMatchObject({ status: 200, body: { active: true } });
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner', 'leaver', 'joiner']);
});

test('a contractor needs a day of leave or a manager, and is refused before the name is taken', async () => {
  await using scim = await startScim();
  const contractor = { userType: 'Contractor' };
  const refused = await scim.send('POST', '/Users', userBody('kim', contractor));
  expect(refused).toMatchObject({
    status: 400,
    body: { scimType: 'invalidValue', detail: expect.stringContaining('end date or a sponsor') },
  });
  expect(await scim.recorded()).toEqual([]);
  const url = await create(scim, { ...contractor, ...muster({ leaveDate: '2099-12-31' }) });
  const withoutEnd = await scim.send('PATCH', url, patchBody({ op: 'remove', path: `${musterUser}:leaveDate` }));
  expect(withoutEnd).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner', 'leaver']);
  const managed = { ...contractor, [enterpriseUser]: { manager: { value: 'boss@example.com' } } };
  expect(await scim.send('POST', '/Users', userBody('lee', managed))).toMatchObject({ status: 201 });
  // Whom nobody employs any more needs neither.
  const gone = await scim.send('PUT', url, userBody('kim', { ...contractor, active: false }));
  expect(gone).toMatchObject({ status: 200 });
});
